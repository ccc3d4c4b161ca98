// seq: print a sequence of numbers (as in GNU, without -f)
import type { Steps } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatDouble } from "../../libc/printf.ts";
import type { Process } from "../../libc/process.ts";
import { strtod } from "../../libc/stdlib.ts";
import type { Applet } from "../libbb/applet.ts";

/** Written at a time. */
const BLOCK = 65536;
/** Above this, numbers of the usual kind are not whole any more. */
const WHOLE = 2 ** 52;

/** Decimals that a number is written with. */
function decimals(text: string): number {
  const dot = text.indexOf(".");
  return dot < 0 ? 0 : text.length - dot - 1;
}

/** Characters before the point. */
function digits(text: string): number {
  const dot = text.indexOf(".");
  return dot < 0 ? text.length : dot;
}

/** Whole numbers first, first + 1 … up to last, in blocks; the commonest case, so it is counted in bytes. */
function* ascending(p: Process, first: number, last: number, separator: number): Steps<void> {
  const { sys, stdout } = p;
  const number = bytesOf(String(first).padStart(17, "0"));
  let start = 17 - String(first).length;
  let out = new Uint8Array(BLOCK);
  let k = 0;
  for (let left = last - first + 1; left > 0; left--) {
    if (k > BLOCK - 32) {
      const w = stdout.write(out.subarray(0, k));
      if (w) yield* w;
      if (stdout.error !== undefined) return;
      if (--sys.budget < 0) yield* sys.sched_yield();
      out = new Uint8Array(BLOCK);
      k = 0;
    }
    for (let i = start; i < 17; i++) out[k++] = number[i] as number;
    out[k++] = left > 1 ? separator : 10;
    let i = 16;
    while (number[i] === 57) number[i--] = 48;
    number[i] = (number[i] as number) + 1;
    if (i < start) start = i;
  }
  const w = stdout.write(out.subarray(0, k));
  if (w) yield* w;
}

/** A write that failed makes the status -1, without a word. */
function* finish(p: Process): Steps<number> {
  const f = p.stdout.flush();
  if (f) yield* f;
  return p.stdout.error === undefined ? 0 : 255;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+ws:", { min: 1, max: 3 });
  const texts = opt.operands;
  const values = texts.map((text) => {
    const { value, end } = strtod(text);
    return text === "" || end !== text.length ? p.usageError() : value;
  });
  const lastText = texts.at(-1) as string;
  const firstText = texts.length > 1 ? (texts[0] as string) : "1";
  const stepText = texts.length > 2 ? (texts[1] as string) : "1";
  const last = values.at(-1) as number;
  const first = texts.length > 1 ? (values[0] as number) : 1;
  const step = texts.length > 2 ? (values[1] as number) : 1;
  const separator = opt.get("s") ?? "\n";
  const precision = Math.max(decimals(firstText), decimals(stepText));
  let width = 0;
  if (opt.has("w")) {
    width = Math.max(digits(firstText), digits(lastText));
    if (precision > 0) width += precision + 1;
  }
  const whole = precision === 0 && Number.isInteger(first) && Number.isInteger(step);
  const plain = whole && width === 0 && Math.abs(first) < WHOLE && Math.abs(last) < WHOLE;
  if (plain && step === 1 && first >= 0 && !Object.is(first, -0) && separator.length === 1) {
    if (last >= first) yield* ascending(p, first, Math.floor(last), separator.charCodeAt(0));
    return yield* finish(p);
  }
  const spec = {
    left: false,
    zero: true,
    plus: false,
    space: false,
    alternate: false,
    width,
    precision,
  };
  let out = "";
  for (let n = 0; ; n++) {
    const v = n === 0 ? first : first + step * n;
    if (!(step >= 0 ? v <= last : v >= last)) break;
    if (n > 0) out += separator;
    out += plain && v !== 0 ? String(v) : formatDouble(v, "f", spec);
    if (out.length < 8192) continue;
    const w = p.stdout.puts(out);
    if (w) yield* w;
    out = "";
    // For ever otherwise, where the reader has gone and SIGPIPE is ignored.
    if (p.stdout.error !== undefined) return 255;
    if (--p.sys.budget < 0) yield* p.sys.sched_yield();
  }
  if (first <= last || step < 0) out += out === "" && first !== last ? "" : "\n";
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return yield* finish(p);
}

export const seq: Applet = {
  name: "seq",
  path: "/usr/bin/seq",
  usage: `[-w] [-s SEP] [FIRST [INC]] LAST

Print the numbers from FIRST to LAST by steps of INC (both 1 unless told)

	-w	All of one width, with zeros in front
	-s SEP	SEP between them (default newline)
`,
  main,
};
