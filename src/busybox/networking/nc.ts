// nc: connects stdin and stdout, or a program, with a socket (nc(1) of Hobbit's netcat 1.10, as BusyBox has it)
import { EINTR, Errno } from "../../abi/errno.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { SIG_IGN, SIGCHLD, SIGPIPE } from "../../abi/signal.ts";
import {
  AF_INET,
  AF_INET6,
  MSG_PEEK,
  SHUT_WR,
  SO_BROADCAST,
  SO_REUSEADDR,
  SO_SNDTIMEO,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../abi/socket.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { formatSockAddr, sockAddr } from "../../libc/inet.ts";
import { die, Exit, type Process } from "../../libc/process.ts";
import { hostNames, resolveHost, services } from "../../libc/resolv.ts";
import { execvp } from "../../libc/spawn.ts";
import { strerror } from "../../libc/strerror.ts";
import { writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const CHUNK = 65536;

/** nc [OPTIONS] … -e PROG ARGS: all that follows -e is the program. */
function splitProgram(args: readonly string[]): [options: string[], program: string[]] {
  const at = args.indexOf("-e");
  if (at < 0) return [[...args], []];
  return [args.slice(0, at), args.slice(at + 1)];
}

class Netcat {
  readonly #p: Process;
  readonly #opt: Options;
  readonly #udp: boolean;
  readonly #timeoutMs: number;

  constructor(p: Process, opt: Options) {
    this.#p = p;
    this.#opt = opt;
    this.#udp = opt.has("u");
    this.#timeoutMs = opt.has("w") ? xatou(opt.get("w") as string) * 1000 : -1;
  }

  *port(text: string): Steps<number> {
    if (/^[0-9]+$/.test(text) && Number(text) < 65536) return Number(text);
    const key = `${text}/${this.#udp ? "udp" : "tcp"}`;
    return (yield* services(this.#p.sys)).ports.get(key) ?? die(`bad port '${text}'`);
  }

  *host(name: string): Steps<Uint8Array> {
    return (yield* resolveHost(this.#p.sys, name))[0] ?? die(`bad address '${name}'`);
  }

  *#say(text: string): Steps<void> {
    if (!this.#opt.has("v")) return;
    const w = this.#p.stderr.puts(`${text}\n`);
    if (w) yield* w;
  }

  /** A socket, bound to what -s and -p say. */
  *#socket(family: number, localPort: number): Steps<number> {
    const { sys } = this.#p;
    const fd = sys.socket(family, this.#udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (this.#opt.has("b")) sys.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1);
    const source = this.#opt.get("s");
    if (localPort === 0 && source === undefined && !this.#opt.has("l")) return fd;
    const addr =
      source === undefined ? new Uint8Array(family === AF_INET ? 4 : 16) : yield* this.host(source);
    try {
      sys.bind(fd, sockAddr(addr, localPort));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      die(`bind: ${strerror(e)}`);
    }
    return fd;
  }

  *connect(name: string, port: number, localPort: number): Steps<number> {
    const { sys } = this.#p;
    const addr = yield* this.host(name);
    const to = sockAddr(addr, port);
    const fd = yield* this.#socket(to.family, localPort);
    try {
      if (this.#timeoutMs > 0) sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, this.#timeoutMs);
      yield* settle(sys.connect(fd, to));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      // As the original: nothing is said.
      throw new Exit(1);
    }
    yield* this.#say(`${name} (${formatSockAddr(to)}) open`);
    return fd;
  }

  *listen(localPort: number): Steps<number> {
    const { sys } = this.#p;
    const source = this.#opt.get("s");
    const family =
      source !== undefined && (yield* this.host(source)).length === 4 ? AF_INET : AF_INET6;
    const fd = yield* this.#socket(family, localPort);
    if (!this.#udp) sys.listen(fd, 20);
    yield* this.#say(`listening on ${formatSockAddr(sys.getsockname(fd))} ...`);
    return fd;
  }

  /** Who comes: a descriptor to talk to him, and what he said first (UDP). */
  *accept(listener: number): Steps<[fd: number, first: Uint8Array | undefined]> {
    const { sys } = this.#p;
    if (this.#timeoutMs >= 0) {
      const fds = [{ fd: listener, events: POLLIN, revents: 0 }];
      if ((yield* settle(sys.poll(fds, this.#timeoutMs))) === 0) die("timeout");
    }
    if (this.#udp) {
      // It stays there for whoever reads the socket from now on.
      const got = yield* settle(sys.recvmsg(listener, CHUNK, MSG_PEEK));
      if (got.from !== undefined) yield* settle(sys.connect(listener, got.from));
      return [listener, undefined];
    }
    const [fd, from] = yield* settle(sys.accept4(listener, 0));
    if (this.#opt.has("v")) {
      const known = "addr" in from ? from.addr : new Uint8Array();
      const plain = known.length === 16 && known[10] === 255 ? known.subarray(12) : known;
      const name = (yield* hostNames(this.#p.sys, plain))[0];
      const port = "port" in from ? from.port : 0;
      const shown = formatSockAddr(from);
      yield* this.#say(
        `connect to ${formatSockAddr(sys.getsockname(fd))} from ${name === undefined ? shown : `${name}:${port}`} (${shown})`,
      );
    }
    return [fd, undefined];
  }

  /** Becomes the program, with the socket for stdin, stdout and stderr. */
  *become(program: readonly string[], fd: number, sys = this.#p.sys): Steps<number> {
    for (const std of [0, 1, 2]) sys.dup2(fd, std);
    if (fd > 2) sys.close(fd);
    try {
      return yield* execvp(sys, program, this.#p.environ(), this.#p.env.get("PATH"));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return 127;
    }
  }

  /** Carries bytes both ways until the other side ends. */
  *carry(fd: number, first: Uint8Array | undefined): Steps<void> {
    const { sys } = this.#p;
    const interval = this.#opt.has("i") ? xatou(this.#opt.get("i") as string) * 1000 : 0;
    if (first !== undefined) yield* writeAll(sys, 1, first);
    let open = true;
    for (;;) {
      const fds = [{ fd, events: POLLIN, revents: 0 }];
      if (open) fds.push({ fd: 0, events: POLLIN, revents: 0 });
      let ready: number;
      try {
        ready = yield* settle(sys.poll(fds, open ? -1 : this.#timeoutMs));
      } catch (e) {
        if (e === EINTR) continue;
        throw e;
      }
      if (ready === 0) return;
      if ((fds[0]?.revents ?? 0) !== 0) {
        let bytes = sys.read(fd, CHUNK);
        if (isSteps(bytes)) bytes = yield* bytes;
        if (bytes.length === 0) return;
        yield* writeAll(sys, 1, bytes);
      }
      if (open && (fds[1]?.revents ?? 0) !== 0) {
        let bytes = sys.read(0, this.#udp ? 1024 : CHUNK);
        if (isSteps(bytes)) bytes = yield* bytes;
        if (bytes.length > 0) {
          yield* writeAll(sys, fd, bytes);
          if (interval > 0) yield* settle(sys.nanosleep(interval));
          continue;
        }
        open = false;
        if (!this.#udp) sys.shutdown(fd, SHUT_WR);
      }
    }
  }

  *run(operands: readonly string[], program: readonly string[]): Steps<number> {
    const { sys } = this.#p;
    const opt = this.#opt;
    const given = opt.get("p");
    const [host, portText] = operands;
    let localPort = given === undefined ? 0 : yield* this.port(given);
    const mask = { lo: 0, hi: 0 };
    sys.rt_sigaction(SIGPIPE, { handler: SIG_IGN, flags: 0, mask });
    if (!opt.has("l")) {
      const fd = yield* this.connect(
        host as string,
        portText === undefined ? 0 : yield* this.port(portText),
        localPort,
      );
      if (opt.has("z")) return 0;
      if (program.length > 0) return yield* this.become(program, fd);
      yield* this.carry(fd, undefined);
      return 0;
    }
    // "nc -l 80" is "nc -l -p 80".
    if (localPort === 0 && host !== undefined && /^[0-9]+$/.test(host))
      localPort = yield* this.port(host);
    const listener = yield* this.listen(localPort);
    const keep = opt.has("k");
    if (keep) sys.rt_sigaction(SIGCHLD, { handler: SIG_IGN, flags: 0, mask });
    do {
      const [fd, first] = yield* this.accept(listener);
      if (program.length > 0) {
        if (!keep) return yield* this.become(program, fd);
        const self = this;
        sys.fork(function* (child) {
          return yield* self.become(program, fd, child);
        });
        if (fd !== listener) sys.close(fd);
        continue;
      }
      if (!keep && fd !== listener) sys.close(listener);
      yield* this.carry(fd, first);
      if (fd !== listener) sys.close(fd);
    } while (keep);
    return 0;
  }
}

function* main(p: Process): Steps<number> {
  const [args, program] = splitProgram(p.argv.slice(1));
  const opt = getopt(p, "np:s:ubvw:lki:o:z", {}, args);
  if (!opt.has("l") && opt.operands.length === 0) p.usageError();
  if (opt.operands.length > 2) p.usageError();
  if (opt.has("o")) die("can't log traffic: -o is not supported");
  try {
    return yield* new Netcat(p, opt).run(opt.operands, program);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return die(strerror(e));
  }
}

export const nc: Applet = {
  name: "nc",
  path: "/usr/bin/nc",
  usage: `[OPTIONS] HOST PORT  - connect
nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen

	-e PROG	Run PROG with the connection as stdin and stdout (must be last)
	-l	Wait for a connection
	-k	With -l: go on after it
	-p PORT	Port of this side
	-s ADDR	Address of this side
	-w SEC	Give up connecting, and waiting for the other side's last words, after SEC
	-i SEC	Pause after each piece that is sent
	-n	Numbers only
	-u	UDP
	-b	Broadcasts
	-v	Say what happens
	-z	Connect only
`,
  main,
};
