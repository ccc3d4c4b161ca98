// dirname: a path without its last part (POSIX dirname)
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { dirPart } from "../libbb/path.ts";

function* main(p: Process): Steps<number> {
  const operands = p.argv.slice(p.argv[1] === "--" ? 2 : 1);
  if (operands.length !== 1) p.usageError();
  const w = p.stdout.puts(`${dirPart(operands[0] as string)}\n`);
  if (w) yield* w;
  return 0;
}

export const dirname: Applet = {
  name: "dirname",
  path: "/usr/bin/dirname",
  usage: "FILENAME\n\nPrint FILENAME without its last part\n",
  main,
};
