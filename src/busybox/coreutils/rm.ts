// rm: remove files and directories (POSIX rm)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { lastPart } from "../libbb/path.ts";
import { removeFile } from "../libbb/remove.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "fiRrv", { last: ["fi"], implies: { r: "R" } });
  const force = opt.has("f");
  if (opt.operands.length === 0 && !force) p.usageError();
  let status = 0;
  for (const path of opt.operands) {
    const name = lastPart(path);
    if (name === "." || name === "..") {
      yield* p.warnx("can't remove '.' or '..'");
      status = 1;
      continue;
    }
    // "link/" and "file/" are the link and the file.
    const target = path.replace(/(?!^)\/+$/, "");
    const options = {
      force,
      interactive: opt.has("i"),
      recursive: opt.has("R"),
      verbose: opt.has("v"),
    };
    if (!(yield* removeFile(p, target, options))) status = 1;
  }
  return status;
}

export const rm: Applet = {
  name: "rm",
  path: "/bin/rm",
  usage: `[-irfv] FILE...

Remove FILEs

	-i	Ask before each
	-f	Never ask, and do not mind what is not there
	-R,-r	Directories too, with all that is in them
	-v	Say what is removed
`,
  main,
};
