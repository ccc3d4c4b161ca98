// link: make a hard link with link(2), nothing else (POSIX link)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { link as linkCall } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const [from = "", to = ""] = getopt(p, "", { min: 2, max: 2 }).operands;
  try {
    linkCall(p.sys, from, to);
    return 0;
  } catch (e) {
    return dieErrno(`can't create hardlink '${to}' to '${from}'`, e);
  }
}

export const link: Applet = {
  name: "link",
  path: "/bin/link",
  usage: "FILE LINK\n\nGive FILE the name LINK too\n",
  main,
};
