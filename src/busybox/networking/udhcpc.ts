// udhcpc: gets an interface its address by DHCP (RFC 2131, RFC 2132) and tells a script
import { EAGAIN, EINTR, Errno } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { SIOCGIFHWADDR, SIOCGIFINDEX } from "../../abi/if.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { SIGTERM, SIGUSR1, SIGUSR2 } from "../../abi/signal.ts";
import {
  AF_INET,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../abi/socket.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { parseIPv4, sockAddr } from "../../libc/inet.ts";
import { die, type Process } from "../../libc/process.ts";
import { execvp, exitStatus, waitpid } from "../../libc/spawn.ts";
import { Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, unlink, writeFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import {
  type DhcpMessage,
  encodeDhcp,
  environmentOf,
  MESSAGE,
  OPTION,
  optionOf,
  parseDhcp,
  REQUESTED_BY_DEFAULT,
} from "./dhcp.ts";
import { ioctlOrDie } from "./ip/rtnl.ts";

const SCRIPT = "/usr/share/udhcpc/default.script";
const BROADCAST = Uint8Array.of(255, 255, 255, 255);
const ANY = new Uint8Array(4);
const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const MIN_LEASE_S = 60;

interface Lease {
  addr: Uint8Array;
  server: Uint8Array;
  seconds: number;
}

class Client {
  readonly #p: Process;
  readonly #opt: Options;
  readonly #dev: string;
  #sys: Sys;
  #mac: Uint8Array = new Uint8Array(6);
  #fd = -1;
  #xid = 0;
  /** SIGUSR1, SIGUSR2, SIGTERM that wait to be served. */
  readonly #signals: number[] = [];

  constructor(p: Process, opt: Options) {
    this.#p = p;
    this.#opt = opt;
    this.#sys = p.sys;
    this.#dev = opt.get("i") ?? "eth0";
  }

  *#say(text: string): Steps<void> {
    const w = new Output(this.#sys, 2, true).puts(`udhcpc: ${text}\n`);
    if (w) yield* w;
  }

  *open(): Steps<void> {
    const sys = this.#sys;
    const fd = sys.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    yield* ioctlOrDie(sys, fd, SIOCGIFINDEX, { name: this.#dev }, 1);
    this.#mac = (yield* ioctlOrDie(sys, fd, SIOCGIFHWADDR, { name: this.#dev }, 1)) as Uint8Array;
    sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    sys.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1);
    sys.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, this.#dev);
    try {
      sys.bind(fd, sockAddr(ANY, CLIENT_PORT));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      die(`bind: ${strerror(e)}`);
    }
    this.#fd = fd;
    this.#listen(sys);
    const pidFile = this.#opt.get("p");
    if (pidFile !== undefined) yield* writeFile(sys, pidFile, `${sys.getpid()}\n`);
  }

  #listen(sys: Sys): void {
    const mask = { lo: 0, hi: 0 };
    for (const signo of [SIGUSR1, SIGUSR2, SIGTERM])
      sys.rt_sigaction(signo, { handler: () => void this.#signals.push(signo), flags: 0, mask });
  }

  #now(): number {
    const { sec, nsec } = this.#sys.clock_gettime(CLOCK_MONOTONIC);
    return sec * 1000 + nsec / 1e6;
  }

  /** Runs the script with what a lease says. */
  *script(event: string, message?: DhcpMessage): Steps<void> {
    const program = this.#opt.get("s") ?? SCRIPT;
    const envp = [...this.#p.environ(), `interface=${this.#dev}`];
    if (message !== undefined) envp.push(...environmentOf(message));
    const sys = this.#sys;
    const path = this.#p.env.get("PATH");
    const pid = sys.fork(function* (child) {
      try {
        return yield* execvp(child, [program, event], envp, path);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        const w = new Output(child, 2, true).puts(
          `udhcpc: can't execute '${program}': ${strerror(e)}\n`,
        );
        if (w) yield* w;
        return 127;
      }
    });
    exitStatus(yield* waitpid(sys, pid));
  }

  #options(type: number, more: readonly [number, Uint8Array][]): [number, Uint8Array][] {
    const opt = this.#opt;
    const options: [number, Uint8Array][] = [[OPTION.type, Uint8Array.of(type)]];
    if (!opt.has("C")) options.push([OPTION.clientId, Uint8Array.of(1, ...this.#mac)]);
    options.push([OPTION.maxSize, Uint8Array.of(576 >> 8, 576 & 255)], ...more);
    options.push([OPTION.vendor, bytesOf(opt.get("V") ?? "udhcp 1.36.1")]);
    const wanted = opt.has("o") ? [] : [...REQUESTED_BY_DEFAULT];
    for (const each of opt.all("O")) {
      const code = optionOf(each) ?? die(`unknown option '${each}'`);
      if (!wanted.includes(code)) wanted.push(code);
    }
    if (wanted.length > 0 && type !== MESSAGE.release)
      options.push([OPTION.parameters, Uint8Array.from(wanted)]);
    const name = opt.get("F");
    if (name !== undefined) options.push([81, Uint8Array.of(1, 0, 0, ...bytesOf(name))]);
    for (const each of opt.all("x")) {
      const [key = "", ...rest] = each.split(":");
      const value = rest.join(":").replace(/^"(.*)"$/, "$1");
      const code = optionOf(key) ?? die(`unknown option '${key}'`);
      const hex = /^0x/i.test(key) && /^([0-9a-f]{2})+$/i.test(value);
      const bytes = hex
        ? Uint8Array.from((value.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)))
        : code === OPTION.lease
          ? Uint8Array.from([24, 16, 8, 0].map((shift) => (Number(value) >>> shift) & 255))
          : bytesOf(value);
      options.push([code, bytes]);
    }
    return options;
  }

  *#send(
    type: number,
    more: readonly [number, Uint8Array][],
    ciaddr: Uint8Array,
    to: Uint8Array,
  ): Steps<void> {
    const packet = encodeDhcp({
      xid: this.#xid,
      ciaddr,
      mac: this.#mac,
      broadcast: this.#opt.has("B"),
      options: this.#options(type, more),
    });
    try {
      yield* settle(this.#sys.sendmsg(this.#fd, packet, { to: sockAddr(to, SERVER_PORT) }));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.#say(`sendto: ${strerror(e)}`);
    }
  }

  /** The next answer of one of these types, or undefined after some time or at a signal. */
  *#receive(types: readonly number[], until: number): Steps<DhcpMessage | undefined> {
    for (;;) {
      const left = until - this.#now();
      if (left <= 0 || this.#signals.length > 0) return undefined;
      this.#sys.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, left);
      try {
        const { bytes } = yield* settle(this.#sys.recvmsg(this.#fd, 1500, 0));
        const message = parseDhcp(bytes);
        if (message?.xid === this.#xid && types.includes(message.type)) return message;
      } catch (e) {
        if (e !== EAGAIN && e !== EINTR) throw e;
        return undefined;
      }
    }
  }

  /** Asks for an address until there is one: the lease, or undefined after the tries. */
  *#acquire(): Steps<[Lease, DhcpMessage] | undefined> {
    const opt = this.#opt;
    const tries = opt.has("t") ? xatou(opt.get("t") as string) : 3;
    const pauseMs = (opt.has("T") ? xatou(opt.get("T") as string) : 3) * 1000;
    const wish = opt.get("r");
    const wished =
      wish === undefined ? undefined : (parseIPv4(wish) ?? die(`bad address '${wish}'`));
    const random = this.#sys.getrandom(4);
    this.#xid = new DataView(random.buffer, random.byteOffset).getUint32(0);
    for (let i = 0; tries === 0 || i < tries; i++) {
      if (this.#signals.includes(SIGTERM)) return undefined;
      yield* this.#say("broadcasting discover");
      const ask: [number, Uint8Array][] = wished === undefined ? [] : [[OPTION.requested, wished]];
      yield* this.#send(MESSAGE.discover, ask, ANY, BROADCAST);
      const offer = yield* this.#receive([MESSAGE.offer], this.#now() + pauseMs);
      const server = offer?.options.get(OPTION.server);
      if (offer === undefined || server === undefined) continue;
      for (let k = 0; k < 3; k++) {
        yield* this.#say(
          `broadcasting select for ${offer.yiaddr.join(".")}, server ${server.join(".")}`,
        );
        const select: [number, Uint8Array][] = [
          [OPTION.requested, offer.yiaddr],
          [OPTION.server, server],
        ];
        yield* this.#send(MESSAGE.request, select, ANY, BROADCAST);
        const until = this.#now() + pauseMs;
        const answer = yield* this.#receive([MESSAGE.ack, MESSAGE.nak], until);
        if (answer?.type === MESSAGE.nak) {
          yield* this.#say("received DHCP NAK");
          yield* this.script("nak", answer);
          break;
        }
        if (answer !== undefined) return [yield* this.#leaseOf(answer, server), answer];
      }
    }
    return undefined;
  }

  *#leaseOf(ack: DhcpMessage, server: Uint8Array): Steps<Lease> {
    const bytes = ack.options.get(OPTION.lease);
    const told =
      bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : 3600;
    const lease = { addr: ack.yiaddr, server, seconds: Math.max(MIN_LEASE_S, told) };
    yield* this.#say(
      `lease of ${lease.addr.join(".")} obtained from ${server.join(".")}, lease time ${lease.seconds}`,
    );
    return lease;
  }

  *run(): Steps<number> {
    const opt = this.#opt;
    yield* this.#say("started, v1.36.1");
    yield* this.script("deconfig");
    const retryMs = (opt.has("A") ? xatou(opt.get("A") as string) : 20) * 1000;
    let inBackground = opt.has("f");
    for (;;) {
      const got = yield* this.#acquire();
      if (this.#signals.includes(SIGTERM)) return yield* this.#end(undefined);
      if (got === undefined) {
        yield* this.script("leasefail");
        if (opt.has("n")) {
          yield* this.#say("no lease, failing");
          return 1;
        }
        if (opt.has("b") && !inBackground) {
          yield* this.#say("no lease, forking to background");
          return this.#background();
        }
        yield* this.#wait(this.#now() + retryMs);
        continue;
      }
      yield* this.script("bound", got[1]);
      if (opt.has("q")) {
        if (opt.has("R")) yield* this.#release(got[0]);
        return 0;
      }
      if (!inBackground && !opt.has("f")) {
        const [lease] = got;
        return this.#background(lease);
      }
      inBackground = true;
      const ended = yield* this.#hold(got[0]);
      if (ended) return 0;
    }
  }

  /** Goes on as a child; the parent's status. */
  #background(lease?: Lease): number {
    const self = this;
    this.#sys.fork(function* (child) {
      self.#sys = child;
      self.#listen(child);
      child.setsid();
      const pidFile = self.#opt.get("p");
      if (pidFile !== undefined) yield* writeFile(child, pidFile, `${child.getpid()}\n`);
      const none = yield* settle(open(child, "/dev/null", O_RDWR));
      for (const fd of [0, 1, 2]) child.dup2(none, fd);
      if (lease !== undefined && (yield* self.#hold(lease))) return 0;
      return yield* self.#forever();
    });
    return 0;
  }

  *#forever(): Steps<number> {
    for (;;) {
      const got = yield* this.#acquire();
      if (this.#signals.includes(SIGTERM)) return yield* this.#end(undefined);
      if (got === undefined) {
        yield* this.script("leasefail");
        yield* this.#wait(this.#now() + 20_000);
        continue;
      }
      yield* this.script("bound", got[1]);
      if (yield* this.#hold(got[0])) return 0;
    }
  }

  /** Sleeps until a time or a signal. */
  *#wait(until: number): Steps<void> {
    while (this.#now() < until && this.#signals.length === 0) {
      try {
        yield* settle(this.#sys.nanosleep(until - this.#now()));
      } catch (e) {
        if (e !== EINTR) throw e;
      }
    }
  }

  /** Keeps a lease: true when the program is to end, false when it is lost. */
  *#hold(first: Lease): Steps<boolean> {
    let lease = first;
    let start = this.#now();
    let next = start + lease.seconds * 500;
    for (;;) {
      yield* this.#wait(next);
      const signal = this.#signals.shift();
      if (signal === SIGTERM) {
        yield* this.#end(lease);
        return true;
      }
      if (signal === SIGUSR2) {
        yield* this.#release(lease);
        // Until somebody asks for a new one.
        while (this.#signals.length === 0) yield* this.#wait(this.#now() + 3600_000);
        return false;
      }
      if (signal === SIGUSR1) yield* this.#say("performing DHCP renew");
      yield* this.#say(`sending renew to server ${lease.server.join(".")}`);
      yield* this.#send(MESSAGE.request, [], lease.addr, lease.server);
      const answer = yield* this.#receive([MESSAGE.ack, MESSAGE.nak], this.#now() + 5000);
      if (answer?.type === MESSAGE.nak) {
        yield* this.#say("received DHCP NAK");
        yield* this.script("nak", answer);
        yield* this.script("deconfig");
        return false;
      }
      if (answer !== undefined) {
        lease = yield* this.#leaseOf(answer, lease.server);
        yield* this.script("renew", answer);
        start = this.#now();
        next = start + lease.seconds * 500;
        continue;
      }
      const end = start + lease.seconds * 1000;
      if (this.#now() >= end) {
        yield* this.#say("lease lost, entering init state");
        yield* this.script("deconfig");
        return false;
      }
      next = this.#now() + Math.max(1000, (end - this.#now()) / 2);
    }
  }

  *#release(lease: Lease): Steps<void> {
    yield* this.#say(
      `unicasting a release of ${lease.addr.join(".")} to ${lease.server.join(".")}`,
    );
    yield* this.#send(MESSAGE.release, [[OPTION.server, lease.server]], lease.addr, lease.server);
    yield* this.#say("entering released state");
    yield* this.script("deconfig");
  }

  *#end(lease: Lease | undefined): Steps<number> {
    yield* this.#say("received SIGTERM");
    if (lease !== undefined && this.#opt.has("R")) yield* this.#release(lease);
    const pidFile = this.#opt.get("p");
    if (pidFile !== undefined) {
      try {
        unlink(this.#sys, pidFile);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
    return 0;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "CV:F:i:np:qRr:s:T:t:SA:O:ox:fBba::v", {
    max: 0,
    long: {
      "clientid-none": "C",
      vendorclass: "V",
      fqdn: "F",
      interface: "i",
      now: "n",
      pidfile: "p",
      quit: "q",
      release: "R",
      request: "r",
      script: "s",
      timeout: "T",
      retries: "t",
      tryagain: "A",
      syslog: "S",
      "request-option": "O",
      "no-default-options": "o",
      foreground: "f",
      background: "b",
      broadcast: "B",
      arping: "a::",
    },
  });
  const client = new Client(p, opt);
  yield* client.open();
  return yield* client.run();
}

export const udhcpc: Applet = {
  name: "udhcpc",
  path: "/sbin/udhcpc",
  usage: `[-fbqRB] [-t N] [-T SEC] [-A SEC|-n]
	[-i IFACE] [-s PROG] [-p PIDFILE]
	[-oC] [-r IP] [-V VENDOR] [-F NAME] [-x OPT:VAL]... [-O OPT]...

Get an address by DHCP

	-i IFACE	For this interface (eth0)
	-s PROG	Tell this program (${SCRIPT})
	-p FILE	Write the process id there
	-B	Ask for answers to everybody
	-t N	Ask N times (3)
	-T SEC	Pause between the questions (3)
	-A SEC	Pause before all is tried again (20)
	-b	Go to the background when there is no lease
	-n	Fail when there is no lease
	-q	End when there is one
	-R	Give the address back at the end
	-f	Stay in the foreground
	-S	To the system log as well
	-r IP	Ask for this address
	-o	Ask for no options but those of -O
	-O OPT	Ask for this option too
	-x OPT:VAL	Send this option
	-F NAME	Ask the server to give this name to DNS
	-V VENDOR	Vendor class
	-C	Send no client identifier

Signals: USR1 renews the lease, USR2 gives it back
`,
  main,
};
