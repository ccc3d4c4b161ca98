// readahead: has files read before they are needed (readahead(2))
import { Errno } from "../../abi/errno.ts";
import { O_RDONLY, SEEK_END, SEEK_SET } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const CHUNK = 1 << 20;

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const files = p.argv.slice(1);
  if (files.length === 0) p.usageError();
  let status = 0;
  for (const path of files) {
    let fd: number;
    try {
      fd = yield* settle(open(sys, path, O_RDONLY));
    } catch (e) {
      yield* p.warn(`can't open '${path}'`, e);
      status = 1;
      continue;
    }
    try {
      sys.lseek(fd, 0, SEEK_END);
      sys.lseek(fd, 0, SEEK_SET);
    } catch (e) {
      dieErrno("lseek(0, 2)", e);
    }
    try {
      // Devices have nothing that could be kept.
      if (!S_ISREG(sys.fstat(fd).mode)) status = 1;
      else while ((yield* settle(sys.read(fd, CHUNK))).length > 0) sys.budget -= 256;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      status = 1;
    }
    sys.close(fd);
  }
  return status;
}

export const readahead: Applet = {
  name: "readahead",
  path: "/usr/sbin/readahead",
  usage: "[FILE]...\n\nRead FILEs into memory, for who needs them soon\n",
  main,
};
