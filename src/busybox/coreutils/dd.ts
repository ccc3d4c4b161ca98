// dd: copy with block sizes, counts and offsets (POSIX dd; flags as in GNU)
import { EIO, Errno } from "../../abi/errno.ts";
import {
  O_APPEND,
  O_CREAT,
  O_DIRECT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  SEEK_CUR,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { SA_RESTART, SIGUSR1 } from "../../abi/signal.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { humanSize } from "../libbb/human.ts";
import { CWBKMG, xatou, xatouRange } from "../libbb/numbers.ts";

const BLOCK_MAX = 1 << 30;
/** 2**63 - 1, as the message shows it. */
const MOST = 9223372036854775807n;

interface Operands {
  if: string | undefined;
  of: string | undefined;
  ibs: number;
  obs: number;
  count: number;
  skip: number;
  seek: number;
  conv: Set<string>;
  iflag: Set<string>;
  oflag: Set<string>;
  status: string;
}

const CONVERSIONS = ["notrunc", "sync", "noerror", "fsync", "swab"];
const IFLAGS = ["skip_bytes", "count_bytes", "fullblock", "direct"];
const OFLAGS = ["seek_bytes", "append", "direct"];

function words(value: string, known: readonly string[], name: string): Set<string> {
  const given = value.split(",");
  for (const word of given)
    if (!known.includes(word)) die(`invalid argument '${word}' to '${name}'`);
  return new Set(given);
}

function blockSize(text: string): number {
  const n = xatou(text, CWBKMG);
  if (n === 0) die(`number ${text} is not in 1..${MOST} range`);
  return n <= BLOCK_MAX ? n : dieErrno("out of memory", EIO);
}

function parse(p: Process): Operands {
  const o: Operands = {
    if: undefined,
    of: undefined,
    ibs: 512,
    obs: 512,
    count: Infinity,
    skip: 0,
    seek: 0,
    conv: new Set(),
    iflag: new Set(),
    oflag: new Set(),
    status: "",
  };
  const args = p.argv.slice(p.argv[1] === "--" ? 2 : 1);
  for (const arg of args) {
    const eq = arg.indexOf("=");
    if (eq < 0) p.usageError();
    const name = arg.slice(0, eq);
    const value = arg.slice(eq + 1);
    if (name === "if" || name === "of") o[name] = value;
    else if (name === "bs") o.ibs = o.obs = blockSize(value);
    else if (name === "ibs" || name === "obs") o[name] = blockSize(value);
    else if (name === "count" || name === "skip" || name === "seek")
      o[name] = xatouRange(value, 0, Infinity, CWBKMG);
    else if (name === "conv") o.conv = words(value, CONVERSIONS, name);
    else if (name === "iflag") o.iflag = words(value, IFLAGS, name);
    else if (name === "oflag") o.oflag = words(value, OFLAGS, name);
    else if (name === "status") [o.status = ""] = words(value, ["noxfer", "none"], name);
    else p.usageError();
  }
  return o;
}

/** Swaps neighbouring bytes, in a copy: chunks are shared. */
function swab(chunk: Uint8Array): Uint8Array {
  if (chunk.length % 2 !== 0) die(`can't swab ${chunk.length} byte buffer`);
  const out = new Uint8Array(chunk.length);
  for (let i = 0; i < out.length; i += 2) {
    out[i] = chunk[i + 1] as number;
    out[i + 1] = chunk[i] as number;
  }
  return out;
}

class Copy {
  readonly #p: Process;
  readonly #o: Operands;
  #in = 0;
  #out = 1;
  #inFull = 0;
  #inPart = 0;
  #outFull = 0;
  #outPart = 0;
  #bytes = 0;
  /** Short of one output block. */
  #held: Uint8Array[] = [];
  #heldSize = 0;
  readonly #startMs: number;

  constructor(p: Process, o: Operands) {
    this.#p = p;
    this.#o = o;
    this.#startMs = this.#now();
  }

  #now(): number {
    const t = this.#p.sys.clock_gettime(CLOCK_MONOTONIC);
    return t.sec * 1000 + t.nsec / 1e6;
  }

  /** What SIGUSR1 and the end print. */
  *report(): Steps<void> {
    if (this.#o.status === "none") return;
    let text = `${this.#inFull}+${this.#inPart} records in\n${this.#outFull}+${this.#outPart} records out\n`;
    if (this.#o.status !== "noxfer") {
      const seconds = Math.max(this.#now() - this.#startMs, 0.001) / 1000;
      const rate = humanSize(Math.floor(this.#bytes / seconds));
      text += `${this.#bytes} bytes (${humanSize(this.#bytes)}B) copied, ${seconds.toFixed(6)} seconds, ${rate}B/s\n`;
    }
    const w = this.#p.stderr.puts(text);
    if (w) yield* w;
  }

  *open(): Steps<void> {
    const { sys } = this.#p;
    const o = this.#o;
    if (o.if !== undefined) {
      try {
        const flags = O_RDONLY | (o.iflag.has("direct") ? O_DIRECT : 0);
        this.#in = yield* settle(open(sys, o.if, flags));
      } catch (e) {
        dieErrno(`can't open '${o.if}'`, e);
      }
    }
    const offset = o.seek * (o.oflag.has("seek_bytes") ? 1 : o.obs);
    if (o.of !== undefined) {
      let flags = O_WRONLY | O_CREAT;
      if (o.seek === 0 && !o.conv.has("notrunc")) flags |= O_TRUNC;
      if (o.oflag.has("append")) flags |= O_APPEND;
      if (o.oflag.has("direct")) flags |= O_DIRECT;
      try {
        this.#out = yield* settle(open(sys, o.of, flags));
      } catch (e) {
        dieErrno(`can't open '${o.of}'`, e);
      }
      if (o.seek > 0 && !o.conv.has("notrunc")) {
        try {
          sys.ftruncate(this.#out, offset);
        } catch (e) {
          if (!(e instanceof Errno) || S_ISREG(sys.fstat(this.#out).mode)) dieErrno(o.of, e);
        }
      }
    }
    if (o.skip > 0) yield* this.#skip(o.skip * (o.iflag.has("skip_bytes") ? 1 : o.ibs));
    if (o.seek > 0) {
      try {
        sys.lseek(this.#out, offset, SEEK_CUR);
      } catch (e) {
        dieErrno(o.of ?? "standard output", e);
      }
    }
  }

  *#skip(bytes: number): Steps<void> {
    const { sys } = this.#p;
    try {
      sys.lseek(this.#in, bytes, SEEK_CUR);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      // No seeking there: what is skipped is read.
      for (let left = bytes; left > 0; ) {
        const chunk = yield* settle(sys.read(this.#in, Math.min(left, this.#o.ibs)));
        if (chunk.length === 0) return;
        left -= chunk.length;
      }
    }
  }

  /** Copies it all; the exit status. */
  *run(interrupted: () => boolean): Steps<number> {
    const o = this.#o;
    const byBytes = o.iflag.has("count_bytes");
    const oneBuffer = o.ibs === o.obs;
    let left = o.count;
    while (left > 0) {
      if (interrupted()) yield* this.report();
      const want = byBytes ? Math.min(left, o.ibs) : o.ibs;
      let chunk: Uint8Array;
      try {
        const call = this.#p.sys.read(this.#in, want);
        chunk = isSteps(call) ? yield* call : call;
        if (chunk.length < want && chunk.length > 0 && o.iflag.has("fullblock"))
          chunk = yield* this.#fill(chunk, want);
      } catch (e) {
        const name = o.if ?? "standard input";
        if (!o.conv.has("noerror")) dieErrno(name, e);
        yield* this.#p.warn(name, e);
        chunk = new Uint8Array();
        if (!o.conv.has("sync")) break;
      }
      if (chunk.length === 0) break;
      if (chunk.length === o.ibs) this.#inFull++;
      else {
        this.#inPart++;
        if (o.conv.has("sync")) {
          const padded = new Uint8Array(o.ibs);
          padded.set(chunk);
          chunk = padded;
        }
      }
      left -= byBytes ? chunk.length : 1;
      if (o.conv.has("swab")) chunk = swab(chunk);
      if (!(yield* oneBuffer ? this.#write(chunk) : this.#gather(chunk))) return 1;
    }
    if (this.#heldSize > 0 && !(yield* this.#write(this.#takeHeld(this.#heldSize)))) return 1;
    if (o.conv.has("fsync")) {
      try {
        yield* settle(this.#p.sys.fsync(this.#out));
      } catch (e) {
        dieErrno(o.of ?? "standard output", e);
      }
    }
    return 0;
  }

  *#fill(first: Uint8Array, want: number): Steps<Uint8Array> {
    const whole = new Uint8Array(want);
    whole.set(first);
    let n = first.length;
    while (n < want) {
      const chunk = yield* settle(this.#p.sys.read(this.#in, want - n));
      if (chunk.length === 0) break;
      whole.set(chunk, n);
      n += chunk.length;
    }
    return whole.subarray(0, n);
  }

  *#gather(chunk: Uint8Array): Steps<boolean> {
    this.#held.push(chunk);
    this.#heldSize += chunk.length;
    while (this.#heldSize >= this.#o.obs)
      if (!(yield* this.#write(this.#takeHeld(this.#o.obs)))) return false;
    return true;
  }

  #takeHeld(size: number): Uint8Array {
    const out = new Uint8Array(size);
    for (let n = 0; n < size; ) {
      const first = this.#held[0] as Uint8Array;
      const take = Math.min(first.length, size - n);
      out.set(first.subarray(0, take), n);
      n += take;
      if (take === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(take);
    }
    this.#heldSize -= size;
    return out;
  }

  *#write(block: Uint8Array): Steps<boolean> {
    const { sys } = this.#p;
    try {
      const call = sys.write(this.#out, block);
      const n = isSteps(call) ? yield* call : call;
      if (n < block.length) yield* writeAll(sys, this.#out, block.subarray(n));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.#p.warnx(`error writing '${this.#o.of ?? "standard output"}': ${strerror(e)}`);
      return false;
    }
    if (block.length === this.#o.obs) this.#outFull++;
    else this.#outPart++;
    this.#bytes += block.length;
    return true;
  }
}

function* main(p: Process): Steps<number> {
  const copy = new Copy(p, parse(p));
  let asked = false;
  const handler = (): void => {
    asked = true;
  };
  p.sys.rt_sigaction(SIGUSR1, { handler, flags: SA_RESTART, mask: { lo: 0, hi: 0 } });
  yield* copy.open();
  const status = yield* copy.run(() => {
    const was = asked;
    asked = false;
    return was;
  });
  yield* copy.report();
  return status;
}

export const dd: Applet = {
  name: "dd",
  path: "/bin/dd",
  usage: `[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]
	[conv=notrunc|noerror|sync|fsync|swab] [status=noxfer|none]
	[iflag=skip_bytes|count_bytes|fullblock|direct] [oflag=seek_bytes|append|direct]

Copy a file in blocks

	if=FILE		Read FILE, not standard input
	of=FILE		Write FILE, not standard output
	bs=N		Read and write N bytes at a time
	ibs=N, obs=N	Read, write N bytes at a time (default 512)
	count=N		Copy N input blocks only
	skip=N		Leave out the first N input blocks
	seek=N		Begin N output blocks into the output
	conv=notrunc	Keep what the output file had
	conv=noerror	Go on after read errors
	conv=sync	Fill short input blocks with NULs
	conv=fsync	Write everything to disk before ending
	conv=swab	Swap every two bytes
	iflag=skip_bytes, count_bytes	skip, count are in bytes
	iflag=fullblock	Fill input blocks by reading again
	oflag=seek_bytes	seek is in bytes
	oflag=append	Write at the end of the output file
	status=noxfer	Do not say how fast it was; none: say nothing

N may end in c 1, w 2, b 512, kB 1000, k 1024, MB, M, GB, G
`,
  main,
};
