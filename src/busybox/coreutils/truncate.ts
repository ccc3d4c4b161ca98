// truncate: set the size of files (as in GNU, absolute sizes only)
import { ENOENT, Errno } from "../../abi/errno.ts";
import { O_CREAT, O_NONBLOCK, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { CWBKMG, xatou } from "../libbb/numbers.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cs:", { required: ["s"], min: 1 });
  const size = xatou(
    opt.get("s") as string,
    CWBKMG.filter(([name]) => /^[kKMG]/.test(name)),
  );
  const creates = !opt.has("c");
  let status = 0;
  for (const name of opt.operands) {
    let message = `${name}: open`;
    try {
      const flags = O_WRONLY | O_NONBLOCK | (creates ? O_CREAT : 0);
      const fd = yield* settle(open(p.sys, name, flags));
      message = `${name}: truncate`;
      try {
        p.sys.ftruncate(fd, size);
      } finally {
        p.sys.close(fd);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      // With -c what is not there is no failure.
      if (!creates && e === ENOENT) continue;
      yield* p.warn(message, e);
      status = 1;
    }
  }
  return status;
}

export const truncate: Applet = {
  name: "truncate",
  path: "/usr/bin/truncate",
  usage: `[-c] -s SIZE FILE...

Cut FILEs to SIZE, or make them that long

	-c	Do not make files
	-s SIZE	May end in k, M, G and so on
`,
  main,
};
