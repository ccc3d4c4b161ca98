// fsync: write files' data to disk
import type { Blocking, Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { flushFiles } from "../libbb/flush.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "d", { min: 1 });
  const flush = (fd: number): Blocking<void> => (opt.has("d") ? sys.fdatasync(fd) : sys.fsync(fd));
  return yield* flushFiles(p, opt.operands, flush);
}

export const fsync: Applet = {
  name: "fsync",
  path: "/bin/fsync",
  usage:
    "[-d] FILE...\n\nWrite all buffered data of FILEs to disk\n\n\t-d\tWithout times and the like\n",
  main,
};
