// which: where commands are found (as in Debian's debianutils)
import { X_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { findExecutable, pathCandidates } from "../../libc/spawn.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { access, tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** Where commands are looked for without $PATH. */
const DEFAULT_PATH = "/sbin:/usr/sbin:/bin:/usr/bin";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "a", { min: 1 });
  // An empty part is shown as "./".
  const path = (p.env.get("PATH") ?? DEFAULT_PATH).replace(/^(?=:|$)|(?<=:)(?=:|$)/g, ".");
  let status = 0;
  for (const name of opt.operands) {
    const found: string[] = [];
    if (opt.has("a")) {
      for (const candidate of name === "" ? [] : pathCandidates(name, path)) {
        const st = tryStat(p.sys, candidate);
        if (st !== undefined && S_ISREG(st.mode) && access(p.sys, candidate, X_OK))
          found.push(candidate);
      }
    } else {
      const first = findExecutable(p.sys, name, path);
      if (first !== undefined) found.push(first);
    }
    if (found.length === 0) status = 1;
    const w = p.stdout.puts(found.map((place) => `${place}\n`).join(""));
    if (w) yield* w;
  }
  return status;
}

export const which: Applet = {
  name: "which",
  path: "/usr/bin/which",
  usage: `[-a] COMMAND...

Print where COMMANDs are found

	-a	All places, not only the first
`,
  main,
};
