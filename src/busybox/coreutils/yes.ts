// yes: a line again and again (as in GNU)
import { isSteps, type Steps } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import type { Process } from "../../libc/process.ts";
import { writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const args = p.argv.slice(1);
  if (args[0] === "--") args.shift();
  const line = `${args.length > 0 ? args.join(" ") : "y"}\n`;
  // The same bytes every time: as many whole lines as make a good write.
  const block = bytesOf(line.repeat(Math.max(1, Math.floor(16384 / line.length))));
  for (;;) {
    const n = p.sys.write(1, block);
    const written = isSteps(n) ? yield* n : n;
    if (written < block.length) yield* writeAll(p.sys, 1, block.subarray(written));
  }
}

export const yes: Applet = {
  name: "yes",
  path: "/usr/bin/yes",
  usage: "[STRING]\n\nPrint a line with STRING, or y, for ever\n",
  main,
};
