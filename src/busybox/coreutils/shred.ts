// shred: overwrite files so that nothing of them is left (as in GNU)
import { Errno } from "../../abi/errno.ts";
import { O_RDWR, SEEK_SET } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { chmod, open, unlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { xatou } from "../libbb/numbers.ts";

function* overwrite(p: Process, fd: number, size: number, random: boolean): Steps<void> {
  const { sys } = p;
  sys.lseek(fd, 0, SEEK_SET);
  for (let left = size; left > 0; ) {
    const n = Math.min(left, COPY_SIZE);
    left -= yield* settle(sys.write(fd, random ? sys.getrandom(n) : new Uint8Array(n)));
  }
  yield* settle(sys.fdatasync(fd));
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "fuzn:vxs:", { min: 1 });
  const times = xatou(opt.get("n") ?? "3");
  const sizeText = opt.get("s");
  if (sizeText !== undefined && !/^[0-9]{1,15}$/.test(sizeText)) p.usageError();
  const size = sizeText === undefined ? undefined : Number(sizeText);
  for (const name of opt.operands) {
    let fd: number;
    try {
      try {
        fd = yield* settle(open(sys, name, O_RDWR));
      } catch (e) {
        if (!(e instanceof Errno) || !opt.has("f")) throw e;
        chmod(sys, name, 0o666);
        fd = yield* settle(open(sys, name, O_RDWR));
      }
    } catch (e) {
      return dieErrno(`can't open '${name}'`, e);
    }
    const length = size ?? sys.fstat(fd).size;
    for (let i = 0; i < times; i++) yield* overwrite(p, fd, length, true);
    if (opt.has("z")) yield* overwrite(p, fd, length, false);
    if (opt.has("u")) {
      sys.ftruncate(fd, 0);
      unlink(sys, name);
    }
    sys.close(fd);
  }
  return 0;
}

export const shred: Applet = {
  name: "shred",
  path: "/usr/bin/shred",
  usage: `[-fuz] [-n N] [-s SIZE] FILE...

Write over FILEs, and remove them if asked to

	-f	Make them writable first if need be
	-s SIZE	Write SIZE bytes, not what the file has
	-n N	Write random bytes N times (default 3)
	-z	Then zeros
	-u	Then remove the file
`,
  main,
};
