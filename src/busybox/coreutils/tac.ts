// tac: lines in reverse order (as in GNU, without options)
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";

/** Lines of a block from last to first; a last line without newline stays without. */
function reversed(block: string): string {
  const lines = block.split("\n");
  const rest = lines.pop() as string;
  return lines.length === 0 ? rest : `${rest}${lines.reverse().join("\n")}\n`;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "");
  return yield* forEachInput(p, opt.operands, function* (input) {
    const lines = new LineReader(input);
    const blocks: string[] = [];
    for (;;) {
      let block = lines.block();
      if (isSteps(block)) block = yield* block;
      if (block === undefined) break;
      blocks.push(block);
    }
    for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
      const w = p.stdout.puts(reversed(block));
      if (w) yield* w;
      if (p.stdout.error !== undefined) dieErrno("write error", p.stdout.error);
    }
  });
}

export const tac: Applet = {
  name: "tac",
  path: "/usr/bin/tac",
  usage: "[FILE]...\n\nPrint the lines of each FILE from last to first\n",
  main,
};
