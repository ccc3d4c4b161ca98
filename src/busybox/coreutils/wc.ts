// wc: count lines, words, characters and bytes (POSIX wc; -L as in GNU)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { isUtf8 } from "../../libc/locale.ts";
import type { Process } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";

/** In the order they are printed. */
interface Counts {
  l: number;
  w: number;
  m: number;
  c: number;
  L: number;
}

/** The part of a chunk that can be read four bytes at a time, and where the rest begins. */
function wordsOf(b: Uint8Array): [words: Int32Array, rest: number] {
  const n = b.byteOffset % 4 === 0 ? b.length >> 2 : 0;
  return [new Int32Array(b.buffer, n > 0 ? b.byteOffset : 0, n), n * 4];
}

/** How many of the top bits of four bytes are set; the other bits are not. */
function topBits(v: number): number {
  return ((v >>> 7) & 1) + ((v >>> 15) & 1) + ((v >>> 23) & 1) + (v >>> 31);
}

function newlines(b: Uint8Array): number {
  const [words, rest] = wordsOf(b);
  let n = 0;
  for (let i = 0; i < words.length; i++) {
    // The top bits of those bytes that are zero after this.
    const x = (words[i] as number) ^ 0x0a0a0a0a;
    const zeros = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f);
    if (zeros !== 0) n += topBits(zeros);
  }
  for (let i = rest; i < b.length; i++) if (b[i] === 10) n++;
  return n;
}

/** Bytes that begin a character: all but those UTF-8 continues one with. */
function characters(b: Uint8Array): number {
  const [words, rest] = wordsOf(b);
  let n = b.length;
  for (let i = 0; i < words.length; i++) {
    const x = words[i] as number;
    const continued = x & ~(x << 1) & 0x80808080;
    if (continued !== 0) n -= topBits(continued);
  }
  for (let i = rest; i < b.length; i++) if (((b[i] as number) & 0xc0) === 0x80) n--;
  return n;
}

const SPACE = 1;
const GRAPH = 2;
const NEWLINE = 3;

/** What ends a word (white space) and what makes one (visible ASCII); the rest does neither. */
function classes(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(SPACE, 9, 14);
  table[10] = NEWLINE;
  table[32] = SPACE;
  table.fill(GRAPH, 33, 127);
  return table;
}

/** Counts words and lines over chunks. */
class Words {
  readonly #class = classes();
  lines = 0;
  words = 0;
  /** 1 within a word. */
  #within = 0;

  add(b: Uint8Array): void {
    const table = this.#class;
    let within = this.#within;
    let words = 0;
    let lines = 0;
    for (let i = 0; i < b.length; i++) {
      const c = table[b[i] as number] as number;
      if (c === GRAPH) within = 1;
      else if (c !== 0) {
        words += within;
        within = 0;
        lines += c >> 1;
      }
    }
    this.#within = within;
    this.words += words;
    this.lines += lines;
  }

  /** The end of the file ends a word. */
  end(): void {
    this.words += this.#within;
  }
}

/** Measures lines over chunks: visible ASCII is one column wide, the rest but for tabs none. */
class Widths {
  longest = 0;
  #column = 0;

  add(b: Uint8Array): void {
    let column = this.#column;
    for (let i = 0; i < b.length; i++) {
      const c = b[i] as number;
      if (c >= 32 && c < 127) column++;
      else if (c === 9) column += 8 - (column & 7);
      else if (c === 10 || c === 13 || c === 12) {
        if (column > this.longest) this.longest = column;
        column = 0;
      }
    }
    this.#column = column;
    if (column > this.longest) this.longest = column;
  }
}

function* count(
  input: Input,
  wanted: ReadonlySet<string>,
  utf8: boolean,
  counts: Counts,
): Steps<void> {
  const words = new Words();
  const widths = new Widths();
  for (;;) {
    let chunk = input.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    counts.c += chunk.length;
    if (wanted.has("w")) words.add(chunk);
    else if (wanted.has("l")) counts.l += newlines(chunk);
    if (wanted.has("m")) counts.m += utf8 ? characters(chunk) : chunk.length;
    if (wanted.has("L")) widths.add(chunk);
  }
  words.end();
  counts.w = words.words;
  counts.l += words.lines;
  counts.L = widths.longest;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "lwmcL");
  const keys = (["l", "w", "m", "c", "L"] as const).filter((key) =>
    opt.given.length === 0 ? "lwc".includes(key) : opt.has(key),
  );
  const wanted = new Set<string>(keys);
  const utf8 = isUtf8(p.env);
  const names = opt.operands;
  const total: Counts = { l: 0, w: 0, m: 0, c: 0, L: 0 };
  let status = 0;
  const show = (counts: Counts, name: string | undefined): string => {
    const numbers = keys.map((key) => String(counts[key]));
    // A single number of a single file is not padded.
    const text =
      keys.length > 1 || names.length > 1
        ? numbers.map((s) => s.padStart(9)).join(" ")
        : numbers[0];
    return name === undefined ? `${text}\n` : `${text} ${name}\n`;
  };
  for (const name of names.length > 0 ? names : ["-"]) {
    const counts: Counts = { l: 0, w: 0, m: 0, c: 0, L: 0 };
    let input: Input;
    try {
      input = yield* openInput(p, name);
    } catch (e) {
      yield* p.warn(name, e);
      status = 1;
      continue;
    }
    try {
      yield* count(input, wanted, utf8, counts);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(name, e);
      status = 1;
    }
    closeInput(p, input);
    for (const key of ["l", "w", "m", "c"] as const) total[key] += counts[key];
    total.L = Math.max(total.L, counts.L);
    const w = p.stdout.puts(show(counts, names.length > 0 ? name : undefined));
    if (w) yield* w;
  }
  if (names.length > 1) {
    const w = p.stdout.puts(show(total, "total"));
    if (w) yield* w;
  }
  return status;
}

export const wc: Applet = {
  name: "wc",
  path: "/usr/bin/wc",
  usage: `[-cmlwL] [FILE]...

Print how many lines, words and bytes FILEs have

	-c	Bytes
	-m	Characters
	-l	Lines
	-w	Words
	-L	Length of the longest line
`,
  main,
};
