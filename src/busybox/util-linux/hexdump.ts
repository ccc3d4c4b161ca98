// hexdump, hd: bytes as text, in forms of one's own (BSD's hexdump)
import type { Steps } from "../../abi/program.ts";
import { concat, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { readFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { type Suffixes, xatou } from "../libbb/numbers.ts";
import { type DumpFormat, fitFormats, parseFormat, showBlock, showEnd } from "./dump-format.ts";
import { DumpInput } from "./dump-input.ts";
import { canonicalRows, type RowWriter, wordRows } from "./dump-rows.ts";

const END = '"%07.7_Ax\n"';
const FORMS: Readonly<Record<string, readonly string[]>> = {
  b: [END, '"%07.7_ax " 16/1 "%03o " "\n"'],
  c: [END, '"%07.7_ax " 16/1 "%3_c " "\n"'],
  C: ['"%08.8_Ax\n"', '"%08.8_ax  " 8/1 "%02x " "  " 8/1 "%02x "', '"  |" 16/1 "%_p" "|\n"'],
  d: [END, '"%07.7_ax " 8/2 "  %05u " "\n"'],
  o: [END, '"%07.7_ax " 8/2 " %06o " "\n"'],
  x: [END, '"%07.7_ax " 8/2 "   %04x " "\n"'],
};
const PLAIN: readonly string[] = [END, '"%07.7_ax " 8/2 "%04x " "\n"'];

const SKIP_SUFFIXES: Suffixes = [
  ["b", 512],
  ["k", 1024],
  ["m", 1024 * 1024],
];

function skipCount(text: string): number {
  const hex = /^0[xX]([0-9a-fA-F]+)([bkm]?)$/.exec(text);
  if (hex !== null)
    return xatou(String(Number.parseInt(hex[1] as string, 16)) + (hex[2] as string), SKIP_SUFFIXES);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return xatou(text, SKIP_SUFFIXES);
}

function sameRow(a: Uint8Array, i: number, b: Uint8Array, j: number, size: number): boolean {
  for (let k = 0; k < size; k++) if (a[i + k] !== b[j + k]) return false;
  return true;
}

/** Tells blocks that repeat the one before, which show as one "*". */
class Folding {
  readonly #size: number;
  readonly #off: boolean;
  #before: Uint8Array | undefined;
  #at = 0;
  starred = false;

  constructor(size: number, off: boolean) {
    this.#size = size;
    this.#off = off;
  }

  repeats(bytes: Uint8Array, at: number): boolean {
    const before = this.#before;
    const same =
      !this.#off && before !== undefined && sameRow(before, this.#at, bytes, at, this.#size);
    this.#before = bytes;
    this.#at = at;
    return same;
  }
}

function* dumpRows(
  p: Process,
  input: DumpInput,
  rows: RowWriter,
  formats: readonly DumpFormat[],
  verbose: boolean,
): Steps<void> {
  const folding = new Folding(16, verbose);
  for (;;) {
    const bytes = yield* input.next();
    if (bytes.length < 16) {
      if (bytes.length > 0) yield* showLast(p, bytes, input, formats);
      return;
    }
    const out = new Uint8Array((bytes.length / 16) * Math.max(rows.width, 2));
    let to = 0;
    for (let at = 0; at < bytes.length; at += 16) {
      if (folding.repeats(bytes, at)) {
        if (!folding.starred) {
          out[to++] = 42;
          out[to++] = 10;
        }
        folding.starred = true;
        continue;
      }
      folding.starred = false;
      rows.row(bytes, at, input.address + at, out, to);
      to += rows.width;
    }
    input.address += bytes.length;
    const w = p.stdout.write(out.subarray(0, to));
    if (w) yield* w;
  }
}

function* showLast(
  p: Process,
  bytes: Uint8Array,
  input: DumpInput,
  formats: readonly DumpFormat[],
): Steps<void> {
  const size = formats.reduce((max, format) => Math.max(max, format.size), 0);
  const padded = concat([bytes, new Uint8Array(size - bytes.length)]);
  const block = { bytes: padded, at: 0, end: bytes.length, address: input.address };
  for (const format of formats) {
    const w = p.stdout.puts(showBlock(format, block));
    if (w) yield* w;
  }
  input.address += bytes.length;
}

function* dumpBlocks(
  p: Process,
  input: DumpInput,
  size: number,
  formats: readonly DumpFormat[],
  verbose: boolean,
): Steps<void> {
  const { sys } = p;
  const folding = new Folding(size, verbose);
  for (;;) {
    const bytes = yield* input.next();
    if (bytes.length < size) {
      if (bytes.length > 0) yield* showLast(p, bytes, input, formats);
      return;
    }
    let out = "";
    for (let at = 0; at < bytes.length; at += size) {
      if (--sys.budget < 0) yield* sys.sched_yield();
      if (folding.repeats(bytes, at)) {
        if (!folding.starred) out += "*\n";
        folding.starred = true;
        continue;
      }
      folding.starred = false;
      const block = { bytes, at, end: at + size, address: input.address + at };
      for (const format of formats) out += showBlock(format, block);
    }
    input.address += bytes.length;
    const w = p.stdout.puts(out);
    if (w) yield* w;
  }
}

function* main(p: Process): Steps<number> {
  const hd = p.progname === "hd";
  const opt = getopt(p, "bcdoxCve:f:n:s:");
  const forms: string[] = hd ? [...(FORMS["C"] as readonly string[])] : [];
  const letters =
    (hd ? "C" : "") +
    opt.given
      .map(([key]) => key)
      .filter((key) => key in FORMS)
      .join("");
  let own = false;
  for (const [key, value] of opt.given) {
    if (key === "e") forms.push(value ?? "");
    else if (key === "f") {
      try {
        const text = strOf(yield* readFile(p.sys, value ?? "", 1 << 20));
        forms.push(...text.split("\n").filter((line) => /^\s*[^#\s]/.test(line)));
      } catch (e) {
        dieErrno(`can't open '${value ?? ""}'`, e);
      }
    } else if (key in FORMS) {
      forms.push(...(FORMS[key] as readonly string[]));
      continue;
    } else continue;
    own = true;
  }
  if (forms.length === 0) forms.push(...PLAIN);
  const formats = forms.map(parseFormat);
  const size = fitFormats(formats);
  const count = opt.get("n");
  const skip = opt.get("s");
  const input = new DumpInput(
    p,
    opt.operands,
    size,
    skip === undefined ? 0 : skipCount(skip),
    count === undefined ? Infinity : xatou(count),
  );
  const verbose = opt.has("v");
  if (size > 0) {
    const rows = own
      ? undefined
      : letters === "C"
        ? canonicalRows()
        : letters === ""
          ? wordRows()
          : undefined;
    if (rows !== undefined) yield* dumpRows(p, input, rows, formats, verbose);
    else yield* dumpBlocks(p, input, size, formats, verbose);
  }
  if (input.address > 0) {
    // Of several formats with an end the last one counts.
    const w = p.stdout.puts(
      formats.map((format) => showEnd(format, input.address)).findLast((s) => s !== "") ?? "",
    );
    if (w) yield* w;
  }
  return input.failed ? 1 : 0;
}

export const hexdump: Applet = {
  name: "hexdump",
  path: "/usr/bin/hexdump",
  usage: `[-bcdoxCv] [-e FORMAT] [-f FILE] [-n COUNT] [-s SKIP] [FILE]...

Show what FILEs hold

	-b	Bytes in octal
	-c	Characters
	-d	Words of two bytes in decimal
	-o	Words in octal
	-x	Words in hexadecimal
	-C	Bytes in hexadecimal, and as text
	-v	Rows that repeat, too
	-e FORMAT	As FORMAT says: '8/1 "%02x " "\\n"'
	-f FILE	As the formats in FILE say
	-n COUNT	No more than COUNT bytes
	-s SKIP	From byte SKIP on
`,
  main,
};

export const hd: Applet = {
  name: "hd",
  path: "/usr/bin/hd",
  usage: `FILE...

The same as hexdump -C
`,
  main,
};
