// fold: break long lines (POSIX fold). A character is one column wide, as in BusyBox.
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

/** Column after the character whose first byte is `c`. */
function advance(column: number, c: number, bytes: boolean): number {
  if (bytes) return column + 1;
  if (c === 9) return column + 8 - (column % 8);
  if (c === 8) return column > 0 ? column - 1 : 0;
  if (c === 13) return 0;
  return (c & 0xc0) === 0x80 ? column : column + 1;
}

/** A line in which every byte is a column, broken anywhere. */
function foldPlain(line: string, width: number): string {
  let out = "";
  let start = 0;
  for (; line.length - start > width; start += width)
    out += `${line.slice(start, start + width)}\n`;
  return out + line.slice(start);
}

function foldLine(line: string, width: number, bytes: boolean, atBlanks: boolean): string {
  if (!atBlanks && (bytes || !/[\t\b\r\x80-\xff]/.test(line))) return foldPlain(line, width);
  let out = "";
  let start = 0;
  let column = 0;
  for (let i = 0; i < line.length; ) {
    const next = advance(column, line.charCodeAt(i), bytes);
    if (next <= width || i === start) {
      column = next;
      i++;
      continue;
    }
    let cut = i;
    if (atBlanks) {
      let blank = i - 1;
      while (blank >= start && line[blank] !== " " && line[blank] !== "\t") blank--;
      if (blank >= start) cut = blank + 1;
    }
    out += `${line.slice(start, cut)}\n`;
    start = cut;
    i = cut;
    column = 0;
  }
  return out + line.slice(start);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "bsw:");
  const width = xatouRange(opt.get("w") ?? "80", 1, 10000);
  const bytes = opt.has("b");
  const atBlanks = opt.has("s");
  return yield* forEachInput(p, opt.operands, function* (input) {
    const lines = new LineReader(input);
    for (;;) {
      let block = lines.block();
      if (isSteps(block)) block = yield* block;
      if (block === undefined) return;
      let out = "";
      for (const line of block.split("\n"))
        out +=
          line.length <= width && !line.includes("\t")
            ? `${line}\n`
            : `${foldLine(line, width, bytes, atBlanks)}\n`;
      const w = p.stdout.puts(out.slice(0, -1));
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
  });
}

export const fold: Applet = {
  name: "fold",
  path: "/usr/bin/fold",
  usage: `[-bs] [-w WIDTH] [FILE]...

Break the lines of FILEs that are longer than WIDTH

	-b	Count bytes, not columns
	-s	Break after blanks
	-w N	WIDTH (default 80)
`,
  main,
};
