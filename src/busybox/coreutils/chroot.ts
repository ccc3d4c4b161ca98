// chroot: run a program with another root directory
import type { Steps } from "../../abi/program.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const [root, ...command] = p.argv.slice(p.argv[1] === "--" ? 2 : 1);
  if (root === undefined) p.usageError();
  try {
    p.sys.chroot(root);
    p.sys.chdir("/");
  } catch (e) {
    dieErrno(`can't change root directory to '${root}'`, e);
  }
  return yield* execOrDie(
    p,
    command.length > 0 ? command : [p.env.get("SHELL") ?? "/bin/sh", "-i"],
  );
}

export const chroot: Applet = {
  name: "chroot",
  path: "/usr/sbin/chroot",
  usage:
    "NEWROOT [PROG ARGS]\n\nRun PROG (default: the shell) with NEWROOT as its root directory\n",
  main,
};
