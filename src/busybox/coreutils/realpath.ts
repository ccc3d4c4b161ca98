// realpath: absolute paths without symbolic links (as in GNU, without options)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { realpathOfMissing } from "../libbb/realpath.ts";

function* main(p: Process): Steps<number> {
  const names = p.argv.slice(1);
  if (names.length === 0) p.usageError();
  let status = 0;
  for (const name of names) {
    try {
      const w = p.stdout.puts(`${realpathOfMissing(p.sys, name)}\n`);
      if (w) yield* w;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(name, e);
      status = 1;
    }
  }
  return status;
}

export const realpath: Applet = {
  name: "realpath",
  path: "/usr/bin/realpath",
  usage: `FILE...

Print the absolute paths of FILEs, symbolic links followed
`,
  main,
};
