// fsync: write files' data to disk
import { Errno } from "../../abi/errno.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "d", { min: 1 });
  let status = 0;
  for (const path of opt.operands) {
    let message = `can't open '${path}'`;
    try {
      const fd = yield* settle(open(sys, path, O_RDONLY | O_NOCTTY | O_NONBLOCK));
      message = path;
      try {
        yield* settle(opt.has("d") ? sys.fdatasync(fd) : sys.fsync(fd));
      } finally {
        sys.close(fd);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(message, e);
      status = 1;
    }
  }
  return status;
}

export const fsync: Applet = {
  name: "fsync",
  path: "/bin/fsync",
  usage:
    "[-d] FILE...\n\nWrite all buffered data of FILEs to disk\n\n\t-d\tWithout times and the like\n",
  main,
};
