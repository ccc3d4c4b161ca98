// strings: runs of printable characters in files (POSIX strings; -f -o as in GNU)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

const RADIX: Readonly<Record<string, number>> = { d: 10, o: 8, x: 16 };

/** Finds the strings of a text that comes in pieces. */
class Finder {
  readonly #least: number;
  /** What goes before a string found at this offset. */
  readonly #head: (offset: number) => string;
  #offset = 0;
  /** A run that the last piece ended in, while it is too short to be shown. */
  #short = "";
  /** The last piece ended in a string that is being shown. */
  #shown = false;

  constructor(least: number, head: (offset: number) => string) {
    this.#least = least;
    this.#head = head;
  }

  /** What the next piece adds to the output. */
  add(text: string): string {
    let out = "";
    if (!/^[\t -~]/.test(text)) out = this.end();
    for (const m of text.matchAll(/[\t -~]+/g)) {
      const last = m.index + m[0].length === text.length;
      const run = this.#short + m[0];
      if (!this.#shown) {
        if (run.length < this.#least) {
          this.#short = last ? run : "";
          continue;
        }
        out += this.#head(this.#offset + m.index - this.#short.length);
      }
      out += run;
      this.#short = "";
      this.#shown = last;
      if (!last) out += "\n";
    }
    this.#offset += text.length;
    return out;
  }

  /** What is left to be shown when a run has ended. */
  end(): string {
    const out = this.#shown ? "\n" : "";
    this.#short = "";
    this.#shown = false;
    return out;
  }
}

/** The next piece; what cannot be read has ended, as in the original. */
function* piece(input: Input): Steps<string> {
  try {
    let chunk = input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    return strOf(chunk);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return "";
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "afon:t:");
  const least = xatouRange(opt.get("n") ?? "4", 1, 0x7fffffff);
  let radix = opt.has("o") ? 8 : undefined;
  const named = opt.get("t");
  if (named !== undefined) radix = RADIX[named] ?? p.usageError();
  return yield* forEachInput(p, opt.operands, function* (input, name) {
    const finder = new Finder(least, (offset) => {
      const file = opt.has("f") ? `${name}: ` : "";
      return radix === undefined ? file : `${file}${offset.toString(radix).padStart(7)} `;
    });
    for (;;) {
      const text = yield* piece(input);
      const w = p.stdout.puts(text === "" ? finder.end() : finder.add(text));
      if (w) yield* w;
      if (text === "") return;
      dieIfStdoutFailed(p);
    }
  });
}

export const strings: Applet = {
  name: "strings",
  path: "/usr/bin/strings",
  usage: `[-fo] [-t o|d|x] [-n LEN] [FILE]...

Print what is readable in FILEs

	-f		Each string after its file's name
	-o		Each string after its octal offset
	-t o|d|x	Each string after its offset: octal, decimal, hexadecimal
	-n LEN		Shortest string shown (default 4)
`,
  main,
};
