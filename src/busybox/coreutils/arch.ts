// arch: the machine's architecture (as uname -m)
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const w = p.stdout.puts(`${p.sys.uname().machine}\n`);
  if (w) yield* w;
  return 0;
}

export const arch: Applet = {
  name: "arch",
  path: "/bin/arch",
  usage: "\n\nPrint the architecture of the machine\n",
  main,
};
