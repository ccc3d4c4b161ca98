// hostid: a number for the machine (gethostid(3); in musl always 0)
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  if (p.argv.length > 1) p.usageError();
  const w = p.stdout.puts("00000000\n");
  if (w) yield* w;
  return 0;
}

export const hostid: Applet = {
  name: "hostid",
  path: "/usr/bin/hostid",
  usage: "\n\nPrint a 32-bit number that stands for the machine\n",
  main,
};
