// who: who is logged in (POSIX who). Nothing here keeps the records that it would read, as on an Alpine
// without the utmps service: the list is empty.
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "aH", { max: 0 });
  if (opt.has("H")) {
    const w = p.stdout.puts("USER\t\tTTY\t\tIDLE\tTIME\t\t HOST\n");
    if (w) yield* w;
  }
  return 0;
}

export const who: Applet = {
  name: "who",
  path: "/usr/bin/who",
  usage: `[-aH]

Show who is logged in

	-a	Show everything
	-H	Print a heading
`,
  main,
};
