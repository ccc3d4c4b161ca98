// fallocate: space for a file before it is written (as in util-linux)
import { O_CREAT, O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { CWBKMG, xatouRange } from "../libbb/numbers.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "l:o:", { min: 1, max: 1, required: ["l"] });
  const size = (key: string): number =>
    opt.has(key) ? xatouRange(opt.get(key) as string, 0, Number.MAX_SAFE_INTEGER, CWBKMG) : 0;
  const [offset, length] = [size("o"), size("l")];
  const file = opt.operands[0] as string;
  let fd = -1;
  try {
    fd = yield* settle(open(p.sys, file, O_RDWR | O_CREAT, 0o666));
  } catch (e) {
    dieErrno(`can't open '${file}'`, e);
  }
  try {
    p.sys.fallocate(fd, 0, offset, length);
  } catch (e) {
    dieErrno(`fallocate '${file}'`, e);
  }
  return 0;
}

export const fallocate: Applet = {
  name: "fallocate",
  path: "/usr/bin/fallocate",
  usage:
    "[-o OFS] -l LEN FILE\n\nReserve space for FILE\n\n\t-o OFS\tFrom here\n\t-l LEN\tSo much\n",
  main,
};
