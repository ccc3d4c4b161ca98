// ping, ping6: echo requests (ping(8)) by ping sockets, or raw ones for who may not have those
import { EACCES, EAGAIN, EINTR, EPERM, EPROTONOSUPPORT, Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { SIGINT } from "../../abi/signal.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_BINDTODEVICE,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
} from "../../abi/socket.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { formatAddress, type InetAddr, parseIPv4, parseIPv6, sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const DEFAULT_SIZE = 56;
const HEAD = 8;
const ECHO = 8;
const ECHO6 = 128;
const MAX_SIZE = 65535;
const TTL = 64;

/** Where the answer's ICMP begins in what a socket gives. */
function openSocket(p: Process, family: number): { fd: number; raw: boolean } {
  const protocol = family === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  try {
    return { fd: p.sys.socket(family, SOCK_DGRAM, protocol), raw: false };
  } catch (e) {
    if (e !== EACCES && e !== EPERM && e !== EPROTONOSUPPORT) throw e;
  }
  try {
    return { fd: p.sys.socket(family, SOCK_RAW, protocol), raw: true };
  } catch (e) {
    if (e === EPERM || e === EACCES) return die("permission denied (are you root?)");
    return dieErrno("can't create raw socket", e);
  }
}

class Ping {
  readonly #p: Process;
  readonly #to: InetAddr;
  readonly #fd: number;
  readonly #raw: boolean;
  readonly #size: number;
  readonly #quiet: boolean;
  readonly #fill: number;
  readonly #id: number;
  readonly #sentAt = new Map<number, number>();
  #sent = 0;
  #received = 0;
  #duplicates = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #sum = 0;
  #stopped = false;

  constructor(p: Process, opt: Options, to: InetAddr, size: number) {
    this.#p = p;
    this.#to = to;
    this.#size = size;
    this.#quiet = opt.has("q");
    this.#fill = opt.has("p") ? Number.parseInt(opt.get("p") as string, 16) & 255 : 0;
    const { fd, raw } = openSocket(p, to.family);
    this.#fd = fd;
    this.#raw = raw;
    this.#id = p.sys.getpid() & 0xffff;
    const mask = { lo: 0, hi: 0 };
    const handler = (): void => {
      this.#stopped = true;
    };
    p.sys.rt_sigaction(SIGINT, { handler, flags: 0, mask });
  }

  bindTo(device: string): void {
    try {
      this.#p.sys.setsockopt(this.#fd, SOL_SOCKET, SO_BINDTODEVICE, device);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      die(`bad address '${device}'`);
    }
  }

  #now(): number {
    const { sec, nsec } = this.#p.sys.clock_gettime(CLOCK_MONOTONIC);
    return sec * 1000 + nsec / 1e6;
  }

  *#put(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
    const f = this.#p.stdout.flush();
    if (f) yield* f;
  }

  *#send(): Steps<void> {
    const seq = this.#sent++ & 0xffff;
    const packet = new Uint8Array(HEAD + this.#size).fill(this.#fill, HEAD);
    packet[0] = this.#to.family === AF_INET ? ECHO : ECHO6;
    packet.set([this.#id >> 8, this.#id & 255, seq >> 8, seq & 255], 4);
    let sum = 0;
    for (let i = 0; i < packet.length; i += 2)
      sum += ((packet[i] as number) << 8) | (packet[i + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    packet.set([(~sum >> 8) & 255, ~sum & 255], 2);
    this.#sentAt.set(seq, this.#now());
    try {
      yield* settle(this.#p.sys.sendmsg(this.#fd, packet, { to: this.#to }));
    } catch (e) {
      yield* this.#flush();
      dieErrno("sendto", e);
    }
  }

  *#flush(): Steps<void> {
    const f = this.#p.stdout.flush();
    if (f) yield* f;
  }

  /** Looks at an answer. */
  *#take(bytes: Uint8Array): Steps<void> {
    const four = this.#to.family === AF_INET;
    const skip = this.#raw && four ? ((bytes[0] as number) & 15) * 4 : 0;
    const icmp = bytes.subarray(skip);
    if (icmp.length < HEAD || icmp[0] !== (four ? 0 : 129)) return;
    const id = ((icmp[4] as number) << 8) | (icmp[5] as number);
    if (this.#raw && id !== this.#id) return;
    const seq = ((icmp[6] as number) << 8) | (icmp[7] as number);
    const start = this.#sentAt.get(seq);
    const again = start === undefined;
    if (again) this.#duplicates++;
    else this.#received++;
    this.#sentAt.delete(seq);
    const time = this.#now() - (start ?? this.#now());
    const timed = this.#size >= 4;
    if (timed && !again) {
      this.#least = Math.min(this.#least, time);
      this.#most = Math.max(this.#most, time);
      this.#sum += time;
    }
    if (this.#quiet) return;
    const ttl = skip > 0 ? bytes[8] : TTL;
    yield* this.#put(
      `${icmp.length} bytes from ${formatAddress(this.#to.addr)}: seq=${seq} ttl=${ttl}${timed ? ` time=${time.toFixed(3)} ms` : ""}${again ? " (DUP!)" : ""}\n`,
    );
  }

  /** Waits for answers until a time; true when one has come. */
  *#wait(until: number): Steps<boolean> {
    for (;;) {
      const left = until - this.#now();
      if (left <= 0 || this.#stopped) return false;
      this.#p.sys.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, left);
      try {
        const before = this.#received;
        const got = yield* settle(this.#p.sys.recvmsg(this.#fd, MAX_SIZE + 128, 0));
        yield* this.#take(got.bytes);
        if (this.#received > before) return true;
      } catch (e) {
        if (e === EINTR) continue;
        if (e === EAGAIN) return false;
        dieErrno("recvfrom", e);
      }
    }
  }

  *run(rules: {
    count: number;
    intervalMs: number;
    adaptive: boolean;
    waitMs: number;
    deadlineMs: number;
  }): Steps<void> {
    const { count, intervalMs, adaptive, waitMs } = rules;
    const start = this.#now();
    const end = rules.deadlineMs > 0 ? start + rules.deadlineMs : Number.POSITIVE_INFINITY;
    for (;;) {
      yield* this.#send();
      const last = count > 0 && this.#sent >= count;
      const until = Math.min(end, this.#now() + (last ? waitMs : intervalMs));
      for (;;) {
        const came = yield* this.#wait(until);
        if (count > 0 && this.#received >= count) return;
        if (!came || (adaptive && !last)) break;
      }
      if (last || this.#stopped || this.#now() >= end) return;
    }
  }

  *summary(host: string): Steps<number> {
    let out = `\n--- ${host} ping statistics ---\n${this.#sent} packets transmitted, ${this.#received} packets received, `;
    if (this.#duplicates > 0) out += `${this.#duplicates} duplicates, `;
    const lost =
      this.#sent === 0 ? 0 : Math.floor(((this.#sent - this.#received) * 100) / this.#sent);
    out += `${lost}% packet loss\n`;
    if (this.#least !== Number.POSITIVE_INFINITY) {
      const mean = this.#sum / this.#received;
      out += `round-trip min/avg/max = ${this.#least.toFixed(3)}/${mean.toFixed(3)}/${this.#most.toFixed(3)} ms\n`;
    }
    yield* this.#put(out);
    return this.#received > 0 ? 0 : 1;
  }
}

function seconds(text: string): number {
  if (!/^[0-9]+(\.[0-9]*)?$/.test(text)) die(`invalid number '${text}'`);
  return Number(text) * 1000;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "qvAc:s:t:w:W:I:np:i:46", { min: 1, max: 1 });
  const number = (key: string, otherwise: number): number =>
    opt.has(key) ? xatou(opt.get(key) as string) : otherwise;
  const size = number("s", DEFAULT_SIZE);
  if (size > MAX_SIZE) die(`number ${size} is not in 0..${MAX_SIZE} range`);
  const count = number("c", 0);
  number("t", 0);
  const six = p.progname === "ping6" || opt.has("6");
  const family = six ? AF_INET6 : opt.has("4") ? AF_INET : 0;
  const host = opt.operands[0] as string;
  const source = opt.get("I");
  const from = source === undefined ? undefined : (parseIPv4(source) ?? parseIPv6(source));
  const addr = (yield* resolveHost(p.sys, host, family))[0] ?? die(`bad address '${host}'`);
  const ping = new Ping(p, opt, sockAddr(addr, 0), size);
  if (source !== undefined && from === undefined) ping.bindTo(source);
  const w = p.stdout.puts(
    `PING ${host} (${formatAddress(addr)})${from === undefined ? "" : ` from ${formatAddress(from)}`}: ${size} data bytes\n`,
  );
  if (w) yield* w;
  yield* ping.run({
    count,
    intervalMs: opt.has("i") ? seconds(opt.get("i") as string) : 1000,
    adaptive: opt.has("A"),
    waitMs: number("W", 10) * 1000,
    deadlineMs: number("w", 0) * 1000,
  });
  return yield* ping.summary(host);
}

const USAGE = `[OPTIONS] HOST

Send echo requests to HOST

	-4,-6	IPv4 or IPv6
	-c CNT	How many
	-s SIZE	Bytes of data in each (56)
	-i SECS	Pause between them
	-A	The next one as soon as the answer is there
	-t TTL	Time to live
	-I IFACE/IP	Through this interface
	-W SEC	How long to wait for the last answers (10)
	-w SEC	How long at most
	-q	Only the summary
	-p HEXBYTE	Fill with this byte
`;

export const ping: Applet = { name: "ping", path: "/bin/ping", usage: USAGE, main };
export const ping6: Applet = { name: "ping6", path: "/bin/ping6", usage: USAGE, main };
