// mesg: may others write to this terminal? (POSIX mesg)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";

const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;

function* main(p: Process): Steps<number> {
  const { operands } = getopt(p, "", { max: 1 });
  const wanted = operands[0]?.charAt(0);
  if (wanted !== undefined && wanted !== "y" && wanted !== "n") p.usageError();
  const fd = [0, 1, 2].find((n) => isatty(p.sys, n)) ?? die("not a tty");
  const { mode } = p.sys.fstat(fd);
  if (wanted === undefined) {
    const is = (mode & (GROUP_WRITE | OTHERS_WRITE)) !== 0;
    const w = p.stdout.puts(is ? "is y\n" : "is n\n");
    if (w) yield* w;
    return is ? 0 : 1;
  }
  const rest = mode & 0o7777 & ~(GROUP_WRITE | OTHERS_WRITE);
  try {
    p.sys.fchmod(fd, wanted === "y" ? rest | GROUP_WRITE : rest);
  } catch (e) {
    dieErrno("can't change terminal's mode", e);
  }
  return wanted === "y" ? 0 : 1;
}

export const mesg: Applet = {
  name: "mesg",
  path: "/usr/bin/mesg",
  usage: "[y|n]\n\nSay, or decide, whether others may write to this terminal\n",
  main,
};
