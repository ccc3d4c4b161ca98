// readlink: where a symbolic link points to (POSIX readlink; -f as in GNU)
import { EINVAL, Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { readlink as readlinkCall } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { realpathOfMissing } from "../libbb/realpath.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "fnvsq", { min: 1, max: 1 });
  const path = opt.operands[0] as string;
  let text: string;
  try {
    text = opt.has("f") ? realpathOfMissing(p.sys, path) : readlinkCall(p.sys, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    // -f says nothing, whatever -v says.
    if (opt.has("v") && !opt.has("f"))
      die(`${path}: cannot read link: ${e === EINVAL ? "not a symlink" : strerror(e)}`);
    return 1;
  }
  const w = p.stdout.puts(opt.has("n") ? text : `${text}\n`);
  if (w) yield* w;
  return 0;
}

export const readlink: Applet = {
  name: "readlink",
  path: "/usr/bin/readlink",
  usage: `[-fnv] FILE

Print where the symbolic link FILE points to

	-f	Follow all links, and print an absolute path without any
	-n	No newline
	-v	Tell why it failed
`,
  main,
};
