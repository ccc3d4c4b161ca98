// pivot_root: another root for the mount namespace (pivot_root(8))
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { die, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const [, root, old] = p.argv;
  if (root === undefined || old === undefined || p.argv.length > 3) p.usageError();
  try {
    p.sys.pivot_root(root, old);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(strerror(e));
  }
  return 0;
}

export const pivot_root: Applet = {
  name: "pivot_root",
  path: "/sbin/pivot_root",
  usage: "NEW_ROOT PUT_OLD\n\nMake NEW_ROOT the root file system and move the old one to PUT_OLD\n",
  main,
};
