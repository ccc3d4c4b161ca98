// syslogd: takes messages from /dev/log and writes them to files, to a ring, or to other hosts (syslog.conf(5))
import { EINTR, Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { SIGHUP, SIGINT, SIGQUIT, SIGTERM } from "../../abi/signal.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime, type Zone } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import {
  chmod,
  open,
  readText,
  rename,
  tryStat,
  unlink,
  writeAll,
  writeFile,
} from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { becomeDaemon } from "../libbb/daemon.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { facility, priority, priorityName } from "./priority.ts";
import { ringPath } from "./ring.ts";

const DEFAULT_LOG = "/var/log/messages";
const SOCKET = "/dev/log";
const PID_FILE = "/var/run/syslogd.pid";
const MESSAGE_MAX = 65536;
const SYSLOG_INFO = 5 * 8 + 6;
const REMOTE_PORT = 514;
const RING_KIB = 16;

/** A line of syslog.conf: which priorities (a bit each) of each facility go to a file. */
interface Rule {
  levels: number[];
  file: string;
}

/** "kern,mail.info;*.=err;cron.!notice" as bits by facility. */
function selector(text: string): number[] | undefined {
  const levels = Array<number>(24).fill(0);
  for (const part of text.split(";")) {
    const dot = part.indexOf(".");
    if (dot < 0) return undefined;
    let level = part.slice(dot + 1);
    const negative = level.startsWith("!");
    if (negative) level = level.slice(1);
    const exact = level.startsWith("=");
    if (exact) level = level.slice(1);
    let bits: number;
    if (level === "*") bits = 0xff;
    else if (level === "none") bits = 0;
    else {
      const n = priority(level);
      if (n < 0) return undefined;
      bits = exact ? 1 << n : (1 << (n + 1)) - 1;
    }
    for (const name of part.slice(0, dot).split(",")) {
      const only = facility(name);
      if (name !== "*" && only < 0) return undefined;
      for (let f = 0; f < 24; f++) {
        if (name !== "*" && f !== only) continue;
        if (level === "none") levels[f] = 0;
        else if (negative) levels[f] = (levels[f] as number) & ~bits;
        else levels[f] = (levels[f] as number) | bits;
      }
    }
  }
  return levels;
}

class Syslogd {
  readonly #p: Process;
  readonly #sys: Sys;
  readonly #opt: Options;
  readonly #zone: Zone;
  #rules: Rule[] = [];
  readonly #files = new Map<string, number>();
  readonly #level: number;
  readonly #rotateBytes: number;
  readonly #keep: number;
  #last = "";
  #ring: string[] = [];
  #ringBytes = 0;
  readonly #ringMax: number;
  readonly #remotes: number[] = [];

  constructor(p: Process, opt: Options, zone: Zone) {
    this.#p = p;
    this.#sys = p.sys;
    this.#opt = opt;
    this.#zone = zone;
    this.#level = opt.has("l") ? xatouRange(opt.get("l") as string, 1, 8) : 8;
    this.#rotateBytes =
      (opt.has("s") ? xatouRange(opt.get("s") as string, 0, 2097151) : 200) * 1024;
    this.#keep = opt.has("b") ? xatouRange(opt.get("b") as string, 0, 99) : 1;
    const kib = opt.get("C");
    this.#ringMax = (kib === undefined ? RING_KIB : xatouRange(kib, 4, 2097151)) * 1024;
  }

  *configure(): Steps<void> {
    const path = this.#opt.get("f") ?? "/etc/syslog.conf";
    const text = yield* readText(this.#sys, path, 1 << 20);
    if (text === undefined) {
      if (this.#opt.has("f")) die(`can't open '${path}': No such file or directory`);
      return;
    }
    for (const [i, raw] of text.split("\n").entries()) {
      const line = (raw.split("#")[0] as string).trim();
      if (line === "") continue;
      const m = /^(\S+)\s+(\S+)$/.exec(line);
      const levels = m === null ? undefined : selector(m[1] as string);
      if (m === null || levels === undefined) die(`error in '${path}' at line ${i + 1}`);
      this.#rules.push({ levels, file: m[2] as string });
    }
  }

  *connectRemotes(): Steps<void> {
    for (const target of this.#opt.all("R")) {
      const m = /^(.*?)(?::([0-9]+))?$/.exec(target) as RegExpExecArray;
      const addr = (yield* resolveHost(this.#sys, m[1] as string))[0];
      if (addr === undefined) die(`bad address '${m[1]}'`);
      const fd = this.#sys.socket(
        addr.length === 4 ? AF_INET : AF_INET6,
        SOCK_DGRAM | SOCK_CLOEXEC,
        0,
      );
      try {
        yield* settle(this.#sys.connect(fd, sockAddr(addr, Number(m[2] ?? REMOTE_PORT))));
        this.#remotes.push(fd);
      } catch (e) {
        yield* this.#p.warn(target, e);
      }
    }
  }

  #rotate(path: string): void {
    try {
      if (this.#keep === 0) unlink(this.#sys, path);
      else {
        for (let i = this.#keep - 1; i > 0; i--)
          if (tryStat(this.#sys, `${path}.${i - 1}`) !== undefined)
            rename(this.#sys, `${path}.${i - 1}`, `${path}.${i}`);
        rename(this.#sys, path, `${path}.0`);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  *#open(path: string): Steps<number> {
    return yield* settle(
      open(this.#sys, path, O_WRONLY | O_CREAT | O_NOCTTY | O_APPEND | O_NONBLOCK, 0o666),
    );
  }

  *#append(path: string, text: string): Steps<void> {
    const sys = this.#sys;
    try {
      if (path === "-") {
        yield* writeAll(sys, 1, bytesOf(text));
        return;
      }
      let fd = this.#files.get(path);
      const named = tryStat(sys, path);
      // It may have been moved away or deleted.
      if (fd !== undefined && sys.fstat(fd).ino !== named?.ino) {
        sys.close(fd);
        fd = undefined;
      }
      fd ??= yield* this.#open(path);
      this.#files.set(path, fd);
      const st = sys.fstat(fd);
      if (this.#rotateBytes > 0 && S_ISREG(st.mode) && st.size > this.#rotateBytes) {
        this.#rotate(path);
        sys.close(fd);
        fd = yield* this.#open(path);
        this.#files.set(path, fd);
      }
      yield* writeAll(sys, fd, bytesOf(text));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  *#toRing(text: string): Steps<void> {
    this.#ring.push(text);
    this.#ringBytes += text.length;
    while (this.#ringBytes > this.#ringMax && this.#ring.length > 1)
      this.#ringBytes -= (this.#ring.shift() as string).length;
    const path = ringPath(this.#sys);
    try {
      yield* writeFile(this.#sys, `${path}.new`, this.#ring.join(""), 0o644);
      rename(this.#sys, `${path}.new`, path);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  /** Writes one message where it belongs. */
  *log(pri: number, given: string): Steps<void> {
    let message = given;
    const stamped = /^[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} /.test(message);
    const now = localtime(this.#sys.clock_gettime(CLOCK_REALTIME).sec, this.#zone);
    let date = now === undefined ? "" : strftime("%b %e %T", now);
    if (stamped) {
      if (!this.#opt.has("t")) date = message.slice(0, 15);
      message = message.slice(16);
    }
    if ((pri & 7) >= this.#level) return;
    const text = this.#opt.has("S")
      ? `${date} ${message}\n`
      : `${date} ${this.#sys.uname().nodename} ${priorityName(pri)} ${message}\n`;
    if (this.#opt.has("C")) {
      yield* this.#toRing(text);
      return;
    }
    if (this.#opt.has("K")) {
      yield* this.#append("/dev/kmsg", `<${pri}>${message}\n`);
      return;
    }
    let matched = false;
    for (const rule of this.#rules) {
      if (((rule.levels[pri >> 3] ?? 0) & (1 << (pri & 7))) === 0) continue;
      matched = true;
      yield* this.#append(rule.file, text);
    }
    if (!matched) yield* this.#append(this.#opt.get("O") ?? DEFAULT_LOG, text);
  }

  /** A datagram: messages, each with its "<NN>". */
  *receive(datagram: string): Steps<void> {
    const whole = datagram.replace(/[\n\0]+$/, "");
    if (this.#opt.has("D")) {
      if (whole === this.#last) return;
      this.#last = whole;
    }
    if (this.#remotes.length > 0) {
      for (const fd of this.#remotes) {
        try {
          yield* settle(this.#sys.sendmsg(fd, bytesOf(`${whole}\n`)));
        } catch (e) {
          if (!(e instanceof Errno)) throw e;
        }
      }
      if (!this.#opt.has("L")) return;
    }
    for (const raw of whole.split("\0")) {
      const m = /^<([0-9]{1,4})>/.exec(raw);
      const pri = m === null ? 13 : Number(m[1]) & 0x3ff;
      // Control characters as ^X, line ends as blanks.
      const text = raw
        .slice(m?.[0].length ?? 0)
        .replaceAll("\n", " ")
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
        .replace(/[\x01-\x08\x0b-\x1f]/g, (c) => `^${String.fromCharCode(c.charCodeAt(0) + 64)}`);
      yield* this.log(pri, text);
    }
  }

  *serve(): Steps<number> {
    const sys = this.#sys;
    let ended = 0;
    const on = (signo: number): void => {
      ended = signo;
    };
    const mask = { lo: 0, hi: 0 };
    for (const signo of [SIGTERM, SIGINT, SIGQUIT])
      sys.rt_sigaction(signo, { handler: on, flags: 0, mask });
    sys.rt_sigaction(SIGHUP, { handler: 1, flags: 0, mask });
    try {
      unlink(sys, SOCKET);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    const fd = sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    try {
      sys.bind(fd, { family: AF_UNIX, path: SOCKET });
      chmod(sys, SOCKET, 0o666);
    } catch (e) {
      dieErrno("bind", e);
    }
    try {
      yield* writeFile(sys, PID_FILE, `${sys.getpid()}\n`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    yield* this.log(SYSLOG_INFO, "syslogd started: BusyBox v1.36.1");
    while (ended === 0) {
      try {
        const got = yield* settle(sys.recvmsg(fd, MESSAGE_MAX, 0));
        yield* this.receive(strOf(got.bytes));
      } catch (e) {
        if (e !== EINTR) throw e;
      }
    }
    yield* this.log(SYSLOG_INFO, "syslogd exiting");
    for (const path of [PID_FILE, ...(this.#opt.has("C") ? [ringPath(sys)] : [])]) {
      try {
        unlink(sys, path);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
    return 0;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "m:nO:l:Sts:b:R:LC::Df:K", { max: 0 });
  const zone = yield* timezone(p);
  const checked = new Syslogd(p, opt, zone);
  yield* checked.configure();
  yield* checked.connectRemotes();
  if (opt.has("n")) return yield* checked.serve();
  p.sys.fork(function* (sys) {
    yield* becomeDaemon(sys);
    const daemon = Object.create(p, { sys: { value: sys } }) as Process;
    const syslogd = new Syslogd(daemon, opt, zone);
    yield* syslogd.configure();
    yield* syslogd.connectRemotes();
    return yield* syslogd.serve();
  });
  return 0;
}

export const syslogd: Applet = {
  name: "syslogd",
  path: "/sbin/syslogd",
  usage: `[OPTIONS]

Keep the system's log

	-n		Stay in the foreground
	-R HOST[:PORT]	Send messages there (port 514)
	-L		With -R: write them here as well
	-C[size_kb]	Keep them in memory, for logread
	-K		Give them to the kernel's log
	-O FILE		Write them to FILE (/var/log/messages; -: stdout)
	-s SIZE		Begin a new file after so many KiB (200; 0: never)
	-b N		Keep N old files (1; at most 99)
	-l N		Only what is more urgent than N (1 to 8)
	-S		Short lines
	-t		Own times, not the senders'
	-D		Drop what comes twice in a row
	-f FILE		Rules (/etc/syslog.conf)
`,
  main,
};
