// ttysize: print the size of the terminal
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { winsize } from "../../libc/termios.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const size = winsize(p.sys, 0);
  const width = size?.cols ?? 80;
  const height = size?.rows || 24;
  let text = `${width} ${height}`;
  const args = p.argv.slice(1);
  if (args.length > 0) {
    const values = args.map((a) =>
      a.startsWith("w") ? width : a.startsWith("h") ? height : undefined,
    );
    text = values.filter((v) => v !== undefined).join(" ");
  }
  const w = p.stdout.puts(`${text}\n`);
  if (w) yield* w;
  return 0;
}

export const ttysize: Applet = {
  name: "ttysize",
  path: "/usr/bin/ttysize",
  usage: `[w] [h]

Print width and height of the terminal that is the standard input, or 80 24
`,
  main,
};
