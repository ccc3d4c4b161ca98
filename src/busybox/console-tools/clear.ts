// clear: clear the screen
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const w = p.stdout.puts("\x1b[H\x1b[J");
  if (w) yield* w;
  return 0;
}

export const clear: Applet = {
  name: "clear",
  path: "/usr/bin/clear",
  usage: `

Clear the screen
`,
  main,
};
