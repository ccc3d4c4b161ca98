// How bc and dc print: long numbers are broken into lines that end in a backslash.
import type { Process } from "../../libc/process.ts";
import type { Flushing } from "../../libc/stdio.ts";
import { type Decimal, formatDecimal } from "./decimal.ts";

/** Width of lines that $NAME tells; 0 for no limit. */
export function lineLength(p: Process, name: string): number {
  const text = p.env.get(name);
  if (text === undefined || !/^[0-9]+$/.test(text)) return 70;
  const n = Number(text);
  return n === 0 || (n > 2 && n < 65536) ? n : 70;
}

export class CalcOutput {
  readonly #p: Process;
  /** Characters in a line before it is broken. */
  readonly #width: number;
  #column = 0;

  constructor(p: Process, length: number) {
    this.#p = p;
    this.#width = length === 0 ? Infinity : length - 2;
  }

  text(s: string): Flushing {
    const newline = s.lastIndexOf("\n");
    this.#column = newline < 0 ? this.#column + s.length : s.length - newline - 1;
    return this.#p.stdout.puts(s);
  }

  /** A number, with `end` after it. */
  number(a: Decimal, base: number, end: string): Flushing {
    const s = formatDecimal(a, base);
    if (this.#column + s.length <= this.#width) return this.text(s + end);
    let out = "";
    for (let at = 0; at < s.length; ) {
      if (this.#column >= this.#width) {
        out += "\\\n";
        this.#column = 0;
      }
      const piece = s.slice(at, at + this.#width - this.#column);
      out += piece;
      this.#column += piece.length;
      at += piece.length;
    }
    const w = this.#p.stdout.puts(out);
    return w ? this.#then(w, end) : this.text(end);
  }

  *#then(w: NonNullable<Flushing>, end: string): NonNullable<Flushing> {
    yield* w;
    const rest = this.text(end);
    if (rest) yield* rest;
  }
}
