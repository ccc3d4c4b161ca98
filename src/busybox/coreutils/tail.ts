// tail: the last lines or bytes of files, and what is added to them (POSIX tail; -F -q -s -v as in GNU)
import { Errno } from "../../abi/errno.ts";
import { SEEK_CUR, SEEK_END, SEEK_SET } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { indexOfByte } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { S_ISFIFO, S_ISREG } from "../../libc/stat.ts";
import type { Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { xduration } from "../libbb/duration.ts";
import { openInput } from "../libbb/inputs.ts";
import { BKM, xatou32 } from "../libbb/numbers.ts";
import { type Followed, follow } from "./tail/follow.ts";

/** What is wanted of each file. */
interface Part {
  /** From the start (+N), not the end. */
  fromStart: boolean;
  count: number;
  bytes: boolean;
}

function* write(p: Process, chunk: Uint8Array): Steps<void> {
  const w = p.stdout.write(chunk);
  if (w) yield* w;
  if (p.stdout.error !== undefined) dieErrno("write error", p.stdout.error);
}

/** The rest of an input, from where it is. */
function* copyRest(p: Process, input: Input): Steps<void> {
  for (;;) {
    let chunk = input.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return;
    yield* write(p, chunk);
  }
}

/** Everything from the Nth line or byte on. */
function* fromStart(p: Process, input: Input, part: Part): Steps<void> {
  let skip = Math.max(0, part.count - 1);
  while (skip > 0) {
    let chunk = input.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return;
    let at = 0;
    if (part.bytes) {
      at = Math.min(skip, chunk.length);
      skip -= at;
    } else {
      while (skip > 0 && at < chunk.length) {
        const end = indexOfByte(chunk, 10, at);
        at = end < 0 ? chunk.length : end + 1;
        if (end >= 0) skip--;
      }
    }
    if (at < chunk.length) yield* write(p, chunk.subarray(at));
  }
  yield* copyRest(p, input);
}

/** Offset in `chunk` after the newline that is the nth from the end; -1 and how many there were when fewer. */
function backLines(chunk: Uint8Array, from: number, n: number): { at: number; found: number } {
  let found = 0;
  for (
    let at = chunk.lastIndexOf(10, from);
    at >= 0;
    at = at === 0 ? -1 : chunk.lastIndexOf(10, at - 1)
  )
    if (++found === n) return { at: at + 1, found };
  return { at: -1, found };
}

/** Sets a file that can seek to where the last lines begin. */
function* seekBack(p: Process, input: Input, part: Part): Steps<void> {
  const { sys } = p;
  const start = sys.lseek(input.fd, 0, SEEK_CUR);
  const size = sys.lseek(input.fd, 0, SEEK_END);
  if (part.bytes || part.count === 0) {
    sys.lseek(input.fd, Math.max(start, size - part.count), SEEK_SET);
    return;
  }
  let left = part.count;
  for (let end = size; end > start; ) {
    const from = Math.max(start, end - COPY_SIZE);
    const chunk = yield* settle(sys.pread(input.fd, end - from, from));
    // A newline at the very end ends the last line.
    const last =
      end === size && chunk[chunk.length - 1] === 10 ? chunk.length - 2 : chunk.length - 1;
    const { at, found } = last < 0 ? { at: -1, found: 0 } : backLines(chunk, last, left);
    if (at >= 0) {
      sys.lseek(input.fd, from + at, SEEK_SET);
      return;
    }
    left -= found;
    end = from;
  }
  sys.lseek(input.fd, start, SEEK_SET);
}

/** The end of what cannot seek: chunks that may hold it are kept. */
function* lastOfStream(p: Process, input: Input, part: Part): Steps<void> {
  const kept: { chunk: Uint8Array; units: number }[] = [];
  let total = 0;
  // One line more: the last one may be without its newline.
  const enough = part.count + 1;
  for (;;) {
    let chunk = input.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    let units = chunk.length;
    if (!part.bytes) {
      units = 0;
      for (let i = 0; i < chunk.length; i++) if (chunk[i] === 10) units++;
    }
    kept.push({ chunk, units });
    total += units;
    while (kept.length > 1 && total - (kept[0] as { units: number }).units >= enough)
      total -= (kept.shift() as { units: number }).units;
  }
  if (part.count === 0 || kept.length === 0) return;
  let left = part.count;
  let first = kept.length - 1;
  let from = 0;
  for (; first >= 0; first--) {
    const { chunk } = kept[first] as { chunk: Uint8Array };
    if (part.bytes) {
      from = Math.max(0, chunk.length - left);
      left -= chunk.length - from;
      if (left === 0) break;
      continue;
    }
    const atEnd = first === kept.length - 1 && chunk[chunk.length - 1] === 10;
    const last = atEnd ? chunk.length - 2 : chunk.length - 1;
    const { at, found } = last < 0 ? { at: -1, found: 0 } : backLines(chunk, last, left);
    if (at >= 0) {
      from = at;
      break;
    }
    left -= found;
    from = 0;
  }
  first = Math.max(0, first);
  for (let i = first; i < kept.length; i++) {
    const { chunk } = kept[i] as { chunk: Uint8Array };
    yield* write(p, i === first ? chunk.subarray(from) : chunk);
  }
}

function* show(p: Process, input: Input, part: Part): Steps<void> {
  if (part.fromStart) return yield* fromStart(p, input, part);
  const st = p.sys.fstat(input.fd);
  // Files that the kernel makes up say that they are empty.
  if (S_ISREG(st.mode) && st.size > 0) {
    yield* seekBack(p, input, part);
    yield* copyRest(p, input);
  } else yield* lastOfStream(p, input, part);
}

/** `tail +N` is an old form of `tail -n +N`. */
function oldForm(args: readonly string[]): string[] {
  const first = args[0] ?? "";
  return /^\+[0-9]/.test(first) ? ["-n", first, ...args.slice(1)] : [...args];
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "fc:n:qs:vF", { number: "n" }, oldForm(p.argv.slice(1)));
  const bytes = opt.has("c");
  const text = (bytes ? opt.get("c") : opt.get("n")) ?? "10";
  const part: Part = {
    fromStart: text.startsWith("+"),
    count: xatou32(text.replace(/^[-+]/, ""), BKM),
    bytes,
  };
  const retry = opt.has("F");
  const follows = opt.has("f") || retry;
  const pauseMs = xduration(opt.get("s") ?? "1") * 1000;
  const names = opt.operands.length > 0 ? opt.operands : ["-"];
  let status = 0;
  const files: Followed[] = [];
  for (const name of names) {
    let input: Input | undefined;
    try {
      input = yield* openInput(p, name);
    } catch (e) {
      yield* p.warn(`can't open '${name}'`, e);
      status = 1;
    }
    if (input !== undefined || retry) files.push({ name, input });
  }
  if (files.length === 0) {
    yield* p.warnx("no files");
    return 1;
  }
  const headers = opt.has("v") || (!opt.has("q") && files.length > 1);
  let first = true;
  for (const { name, input } of files) {
    if (input === undefined) continue;
    if (headers) {
      const w = p.stdout.puts(`${first ? "" : "\n"}==> ${name} <==\n`);
      if (w) yield* w;
      first = false;
    }
    try {
      yield* show(p, input, part);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn("read error", e);
      status = 1;
    }
  }
  const f = p.stdout.flush();
  if (f) yield* f;
  // A pipe grows until its writers are gone: that was waited for.
  const [only] = files;
  const piped = files.length === 1 && only?.input === p.stdin && S_ISFIFO(p.sys.fstat(0).mode);
  if (follows && !piped) return yield* follow(p, files, { retry, pauseMs, headers });
  return status;
}

export const tail: Applet = {
  name: "tail",
  path: "/usr/bin/tail",
  usage: `[OPTIONS] [FILE]...

Print the last 10 lines of FILEs, each after a line with its name if there are several

	-c [+]N[bkm]	The last N bytes; from the Nth on
	-n [+]N[bkm]	The last N lines; from the Nth on
	-q		Never print names
	-v		Always print names
	-f		Go on and print what is added
	-F		The same, also when FILE is replaced by another
	-s SECONDS	Look every SECONDS (default 1)

N may end in b (*512), k (*1024) or m (*1024^2)
`,
  main,
};
