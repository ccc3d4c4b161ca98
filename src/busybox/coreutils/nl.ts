// nl: number lines (POSIX nl, without sections)
import { Errno } from "../../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

const MOST = 0x7fffffff;
/** A wider column could not be told from this one. */
const WIDEST = 1 << 16;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "pw:s:v:i:b:", {
    long: {
      "body-numbering": "b",
      "line-increment": "i",
      "no-renumber": "p",
      "number-separator": "s",
      "starting-line-number": "v",
      "number-width": "w",
    },
  });
  const width = Math.min(WIDEST, xatouRange(opt.get("w") ?? "6", 0, MOST));
  const separator = opt.get("s") ?? "\t";
  const increment = xatouRange(opt.get("i") ?? "1", 0, MOST);
  let number = xatouRange(opt.get("v") ?? "1", 0, MOST);
  const style = (opt.get("b") ?? "t").charAt(0);
  const blank = " ".repeat(width + separator.length);
  return yield* forEachInput(p, opt.operands, function* (input) {
    const lines = new LineReader(input);
    for (;;) {
      let block: Blocking<string | undefined>;
      try {
        block = lines.block();
        if (isSteps(block)) block = yield* block;
      } catch (e) {
        // What cannot be read has ended, without a word.
        if (!(e instanceof Errno)) throw e;
        return;
      }
      if (block === undefined) return;
      const text = block.endsWith("\n") ? block.slice(0, -1) : block;
      let out = "";
      for (const line of text.split("\n")) {
        if (style === "a" || (style === "t" && line !== "")) {
          out += `${String(number).padStart(width)}${separator}${line}\n`;
          number += increment;
        } else out += `${blank}${line}\n`;
      }
      const w = p.stdout.puts(out);
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
  });
}

export const nl: Applet = {
  name: "nl",
  path: "/usr/bin/nl",
  usage: `[OPTIONS] [FILE]...

Print FILEs with their lines numbered

	-b STYLE	Which lines: a all, t those that are not empty (default), n none
	-i N		Count by N
	-s STRING	STRING after the number (default tab)
	-v N		Begin with N
	-w N		Columns of the number (default 6)
`,
  main,
};
