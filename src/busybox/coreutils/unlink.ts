// unlink: remove one file (POSIX unlink)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { unlink as unlinkCall } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const [name = ""] = getopt(p, "", { min: 1, max: 1 }).operands;
  try {
    unlinkCall(p.sys, name);
  } catch (e) {
    dieErrno(`can't remove file '${name}'`, e);
  }
  return 0;
}

export const unlink: Applet = {
  name: "unlink",
  path: "/usr/bin/unlink",
  usage: "FILE\n\nRemove FILE\n",
  main,
};
