// rev: lines backwards, by character (as in util-linux)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { decodeUtf8, encodeUtf8, isAscii } from "../../lib/utf8.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

/** A line that is not UTF-8 stays as it is. */
function reversed(line: string): string {
  if (isAscii(line)) return [...line].reverse().join("");
  const text = decodeUtf8(line);
  if (encodeUtf8(text) !== line || /[\ud800-\udfff]/u.test(text)) return line;
  return encodeUtf8([...text].reverse().join(""));
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "");
  return yield* forEachInput(p, opt.operands, function* (input) {
    const lines = new LineReader(input);
    for (;;) {
      let block: string | undefined;
      try {
        const call = lines.block();
        block = isSteps(call) ? yield* call : call;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
      if (block === undefined) return;
      const out: string[] = [];
      for (const line of block.split("\n")) {
        // As in the original, a NUL ends the line and takes its newline along.
        const nul = line.indexOf("\0");
        out.push(reversed(nul < 0 ? line : line.slice(0, nul)), nul < 0 ? "\n" : "");
      }
      // What follows the block's last newline is no line.
      out.pop();
      const w = p.stdout.puts(out.join(""));
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
  });
}

export const rev: Applet = {
  name: "rev",
  path: "/bin/rev",
  usage: `[FILE]...

Print the lines of FILEs backwards
`,
  main,
};
