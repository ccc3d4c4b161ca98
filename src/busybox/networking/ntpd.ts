// ntpd: sets the clock by what time servers say (SNTP, RFC 4330); the server's part is not here
import { EAGAIN, EINTR, Errno } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { SO_RCVTIMEO, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { die, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { execvp, waitpid } from "../../libc/spawn.ts";
import { Output } from "../../libc/stdio.ts";
import { open, readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const NTP_PORT = 123;
/** Seconds between 1900 and 1970. */
const EPOCH = 2208988800;
/** Answers of a server before the clock is set. */
const SAMPLES = 4;
const ANSWER_MS = 5000;
const QUICK_MS = 1000;
const POLL_MS = 64_000;
const RESOLVE_MS = 5000;
/** What is less than this is left alone. */
const TOLERANCE_S = 0.001;

interface Peer {
  host: string;
  addr: Uint8Array | undefined;
  reach: number;
  samples: { offset: number; delay: number }[];
}

class Ntpd {
  readonly #p: Process;
  #sys: Sys;
  readonly #verbose: number;
  readonly #queryOnly: boolean;
  readonly #script: string | undefined;

  constructor(
    p: Process,
    rules: { verbose: number; queryOnly: boolean; script: string | undefined },
  ) {
    this.#p = p;
    this.#sys = p.sys;
    this.#verbose = rules.verbose;
    this.#queryOnly = rules.queryOnly;
    this.#script = rules.script;
  }

  *#say(text: string): Steps<void> {
    const w = new Output(this.#sys, 2, true).puts(`ntpd: ${text}\n`);
    if (w) yield* w;
  }

  #now(): number {
    const { sec, nsec } = this.#sys.clock_gettime(CLOCK_REALTIME);
    return sec + nsec / 1e9;
  }

  /** One question and its answer. */
  *#exchange(peer: Peer): Steps<boolean> {
    const sys = this.#sys;
    peer.addr ??= (yield* resolveHost(sys, peer.host))[0];
    if (peer.addr === undefined) {
      yield* this.#say(`bad address '${peer.host}'`);
      return false;
    }
    const shown = formatAddress(peer.addr);
    const to = sockAddr(peer.addr, NTP_PORT);
    const fd = sys.socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    try {
      sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, ANSWER_MS);
      yield* settle(sys.connect(fd, to));
      if (this.#verbose > 0) yield* this.#say(`sending query to ${shown}`);
      const query = new Uint8Array(48);
      query[0] = 0x23;
      // A cookie, so that only an answer to this question is taken for one.
      const cookie = sys.getrandom(8);
      query.set(cookie, 40);
      const sent = this.#now();
      yield* settle(sys.write(fd, query));
      const { bytes } = yield* settle(sys.recvmsg(fd, 512, 0));
      const received = this.#now();
      if (bytes.length < 48 || !cookie.every((b, i) => bytes[24 + i] === b)) return false;
      return yield* this.#take(peer, bytes, sent, received, shown);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      peer.reach = (peer.reach << 1) & 255;
      if (e === EAGAIN || e === EINTR)
        yield* this.#say(`timed out waiting for ${shown}, reach 0x${hex(peer.reach, 2)}`);
      else yield* this.#say(`can't reach ${shown}: ${e.code}`);
      return false;
    } finally {
      sys.close(fd);
    }
  }

  *#take(
    peer: Peer,
    bytes: Uint8Array,
    sent: number,
    received: number,
    shown: string,
  ): Steps<boolean> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const stamp = (at: number): number =>
      view.getUint32(at) - EPOCH + view.getUint32(at + 4) / 2 ** 32;
    const [status = 0, stratum = 0] = bytes;
    if (status >> 6 === 3 || stratum === 0 || stratum > 15) {
      yield* this.#say(`reply from ${shown}: peer is unsynced`);
      return false;
    }
    const [there, back] = [stamp(32), stamp(40)];
    const offset = (there - sent + (back - received)) / 2;
    const delay = Math.max(0, received - sent - (back - there));
    peer.reach = ((peer.reach << 1) | 1) & 255;
    peer.samples.push({ offset, delay });
    const root = view.getUint32(4) / 65536;
    yield* this.#say(
      `reply from ${shown}: offset:${signed(offset)} delay:${delay.toFixed(6)} status:0x${hex(status, 2)} ` +
        `strat:${stratum} refid:0x${hex(view.getUint32(12, true), 8)} rootdelay:${root.toFixed(6)} reach:0x${hex(peer.reach, 2)}`,
    );
    return true;
  }

  *#set(offset: number): Steps<void> {
    if (Math.abs(offset) < TOLERANCE_S) return;
    const time = this.#now() + offset;
    const sec = Math.floor(time);
    try {
      this.#sys.clock_settime(CLOCK_REALTIME, { sec, nsec: Math.floor((time - sec) * 1e9) });
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      die(`settimeofday: ${e.code}`);
    }
    const text = new Date(time * 1000).toISOString().replace("T", " ").slice(0, 19);
    yield* this.#say(`setting time to ${text} (offset ${signed(offset)}s)`);
    if (this.#script === undefined) return;
    const script = this.#script;
    const envp = [
      ...this.#p.environ(),
      `offset=${offset.toFixed(6)}`,
      "freq_drift_ppm=0",
      "stratum=16",
      "poll_interval=1",
    ];
    const path = this.#p.env.get("PATH");
    const pid = this.#sys.fork(function* (child) {
      try {
        return yield* execvp(child, [script, "step"], envp, path);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        return 127;
      }
    });
    yield* waitpid(this.#sys, pid);
  }

  *#sleep(ms: number): Steps<void> {
    try {
      yield* settle(this.#sys.nanosleep(ms));
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }

  /** Asks again and again; ends when the clock is set and `quit`. */
  *run(sys: Sys, peers: Peer[], quit: boolean): Steps<number> {
    this.#sys = sys;
    for (;;) {
      let answered = false;
      for (const peer of peers) if (yield* this.#exchange(peer)) answered = true;
      const all = peers.flatMap(({ samples }) => samples);
      if (!this.#queryOnly && all.length >= SAMPLES) {
        // The answer that was under way for the shortest time is the most exact.
        const best = all.reduce((a, b) => (b.delay < a.delay ? b : a));
        yield* this.#set(best.offset);
        if (quit) return 0;
        for (const peer of peers) peer.samples.length = 0;
        yield* this.#sleep(POLL_MS);
      } else yield* this.#sleep(answered ? QUICK_MS : RESOLVE_MS);
      for (const peer of peers) if (this.#queryOnly) peer.samples.length = 0;
    }
  }
}

const hex = (n: number, width: number): string => n.toString(16).padStart(width, "0");
const signed = (n: number): string => (n < 0 ? n.toFixed(6) : `+${n.toFixed(6)}`);

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "nqNxwp:S:d46aAbgL", { max: 0 });
  const hosts = opt.all("p").map((text) => text.replace(/^keyno:[0-9]+:/, ""));
  if (hosts.length === 0) {
    const text = yield* readText(p.sys, "/etc/ntp.conf");
    if (text === undefined) die("/etc/ntp.conf: No such file or directory");
    for (const line of (text ?? "").split("\n")) {
      const [word, host] = line.trim().split(/\s+/);
      if (word === "server" && host !== undefined) hosts.push(host);
    }
    if (hosts.length === 0) p.usageError();
  }
  if (opt.has("N")) {
    try {
      p.sys.setpriority(0, 0, -15);
    } catch (e) {
      // It does without, as a user who is not root.
      if (!(e instanceof Errno)) throw e;
    }
  }
  const peers = hosts.map((host): Peer => ({ host, addr: undefined, reach: 0, samples: [] }));
  const ntpd = new Ntpd(p, {
    verbose: opt.count("d"),
    queryOnly: opt.has("w"),
    script: opt.get("S"),
  });
  const quit = opt.has("q");
  if (opt.has("n") || opt.has("w")) return yield* ntpd.run(p.sys, peers, quit);
  p.sys.fork(function* (child) {
    child.setsid();
    const none = yield* settle(open(child, "/dev/null", O_RDWR));
    for (const fd of [0, 1, 2]) child.dup2(none, fd);
    return yield* ntpd.run(child, peers, quit);
  });
  return 0;
}

export const ntpd: Applet = {
  name: "ntpd",
  path: "/usr/sbin/ntpd",
  usage: `[-dnqNw] [-S PROG] [-p PEER]...

Set the clock by time servers

	-d	Say more
	-n	Stay in the foreground
	-q	End when the clock is set
	-N	With high priority
	-w	Only ask, do not set; stays in the foreground
	-S PROG	Run PROG after the clock was set
	-p PEER	Ask this server (several may be given);
		default: those of "server" lines in /etc/ntp.conf
`,
  main,
};
