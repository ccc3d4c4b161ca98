// tr: translate, squeeze or delete characters, which are bytes here (POSIX tr)
import { isSteps, type Steps } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";

/** Members of the classes that the original knows, in ASCII. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  alnum: /[0-9A-Za-z]/,
  digit: /[0-9]/,
  lower: /[a-z]/,
  upper: /[A-Z]/,
  space: /[\t-\r ]/,
  blank: /[\t ]/,
  punct: /[!-/:-@[-`{-~]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what the class is
  cntrl: /[\0-\x1f\x7f]/,
  xdigit: /[0-9A-Fa-f]/,
};

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** The character at `at`, which may be written with a backslash. */
function character(s: string, at: number): [c: string, end: number] {
  if (s[at] !== "\\" || at + 1 >= s.length) return [s.charAt(at), at + 1];
  const number = /^(?:([0-3]?[0-7]{1,2})|x([0-9a-fA-F]{1,2}))/.exec(s.slice(at + 1, at + 4));
  if (number !== null) {
    const code =
      number[1] !== undefined
        ? Number.parseInt(number[1], 8)
        : Number.parseInt(number[2] as string, 16);
    return [String.fromCharCode(code), at + 1 + number[0].length];
  }
  const next = s.charAt(at + 1);
  const known = ESCAPES[next];
  // A backslash before anything else stands for itself.
  return known !== undefined ? [known, at + 2] : ["\\", at + 1];
}

/** All characters of a set in order: ranges, [:class:], [=c=] and escapes written out; undefined if malformed. */
function expand(set: string): string | undefined {
  let out = "";
  for (let at = 0; at < set.length; ) {
    if (set.startsWith("[:", at)) {
      const close = set.indexOf(":]", at + 2);
      const members = close < 0 ? undefined : CLASSES[set.slice(at + 2, close)];
      if (members !== undefined) {
        for (let c = 0; c < 128; c++) {
          const char = String.fromCharCode(c);
          if (members.test(char)) out += char;
        }
        at = close + 2;
        continue;
      }
    }
    if (set.startsWith("[=", at)) {
      if (!set.startsWith("=]", at + 3)) return undefined;
      out += set.charAt(at + 2);
      at += 5;
      continue;
    }
    const [c, end] = character(set, at);
    at = end;
    if (set[at] === "-" && at + 1 < set.length) {
      const [last, after] = character(set, at + 1);
      for (let k = c.charCodeAt(0); k <= last.charCodeAt(0); k++) out += String.fromCharCode(k);
      at = after;
    } else out += c;
  }
  return out;
}

function members(chars: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const b of bytesOf(chars)) table[b] = 1;
  return table;
}

function complement(chars: string): string {
  const table = members(chars);
  let out = "";
  for (let c = 0; c < 256; c++) if (table[c] === 0) out += String.fromCharCode(c);
  return out;
}

/** What each byte becomes: the last of `to` stands for all that are missing there. */
function mapping(from: string, to: string): Uint8Array {
  const map = new Uint8Array(256);
  for (let c = 0; c < 256; c++) map[c] = c;
  for (let i = 0; i < from.length; i++)
    map[from.charCodeAt(i)] = to.charCodeAt(Math.min(i, to.length - 1));
  return map;
}

/** Translates, deletes and squeezes chunk after chunk. */
class Translator {
  readonly #map: Uint8Array;
  readonly #deleted: Uint8Array | undefined;
  readonly #squeezed: Uint8Array | undefined;
  /** 1 for what is not deleted. */
  readonly #kept: Uint8Array;
  #last = -1;

  constructor(map: Uint8Array, deleted: Uint8Array | undefined, squeezed: Uint8Array | undefined) {
    this.#map = map;
    this.#deleted = deleted;
    this.#squeezed = squeezed;
    this.#kept = new Uint8Array(256).fill(1);
    if (deleted !== undefined)
      for (let c = 0; c < 256; c++) this.#kept[c] = 1 - (deleted[c] as number);
  }

  run(chunk: Uint8Array): Uint8Array {
    const map = this.#map;
    const n = chunk.length;
    const out = new Uint8Array(n);
    if (this.#deleted === undefined && this.#squeezed === undefined) {
      for (let i = 0; i < n; i++) out[i] = map[chunk[i] as number] as number;
      return out;
    }
    const kept = this.#squeezed === undefined ? this.#keep(chunk, out) : this.#squeeze(chunk, out);
    // A few bytes should not hold on to a big buffer.
    return kept < n >> 1 ? out.slice(0, kept) : out.subarray(0, kept);
  }

  #keep(chunk: Uint8Array, out: Uint8Array): number {
    const kept = this.#kept;
    const n = chunk.length;
    let k = 0;
    let i = 0;
    // Always written, sometimes written over: there is no branch to guess wrong. Four at a time is faster.
    for (const most = n - 3; i < most; i += 4) {
      const a = chunk[i] as number;
      const b = chunk[i + 1] as number;
      const c = chunk[i + 2] as number;
      const d = chunk[i + 3] as number;
      out[k] = a;
      k = (k + (kept[a] as number)) | 0;
      out[k] = b;
      k = (k + (kept[b] as number)) | 0;
      out[k] = c;
      k = (k + (kept[c] as number)) | 0;
      out[k] = d;
      k = (k + (kept[d] as number)) | 0;
    }
    for (; i < n; i++) {
      const c = chunk[i] as number;
      out[k] = c;
      k += kept[c] as number;
    }
    return k;
  }

  #squeeze(chunk: Uint8Array, out: Uint8Array): number {
    const map = this.#map;
    const deleted = this.#deleted;
    const squeezed = this.#squeezed as Uint8Array;
    let last = this.#last;
    let k = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (deleted !== undefined && deleted[chunk[i] as number] === 1) continue;
      const c = map[chunk[i] as number] as number;
      if (c === last && squeezed[c] === 1) continue;
      last = c;
      out[k++] = c;
    }
    this.#last = last;
    return k;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+Ccds", { min: 1 });
  const [text1 = "", text2] = opt.operands;
  const deletes = opt.has("d");
  const squeezes = opt.has("s");
  let set1 = expand(text1) ?? p.usageError();
  if (opt.has("c") || opt.has("C")) set1 = complement(set1);
  let map = mapping("", "");
  let squeezed = squeezes ? members(set1) : undefined;
  if (text2 !== undefined) {
    const set2 = expand(text2) ?? p.usageError();
    if (!deletes) {
      if (set2 === "") die("STRING2 cannot be empty");
      map = mapping(set1, set2);
    }
    if (squeezes) squeezed = members(set2);
  }
  const translator = new Translator(map, deletes ? members(set1) : undefined, squeezed);
  for (;;) {
    let chunk = p.stdin.read(COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return 0;
    const w = p.stdout.write(translator.run(chunk));
    if (w) yield* w;
    if (p.stdout.error !== undefined) dieErrno("write error", p.stdout.error);
  }
}

export const tr: Applet = {
  name: "tr",
  path: "/usr/bin/tr",
  usage: `[-cds] STRING1 [STRING2]

Copy standard input with the characters of STRING1 changed into those of STRING2

	-c	STRING1 names what is left as it is
	-d	Delete the characters of STRING1
	-s	Runs of a character of the last STRING become one
`,
  main,
};
