// sync: write what is only in memory to disk (POSIX sync; -d -f as in GNU)
import { Errno } from "../../abi/errno.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "df", { exclusive: ["df"] });
  if (opt.operands.length === 0) {
    yield* settle(sys.sync());
    return 0;
  }
  let status = 0;
  for (const name of opt.operands) {
    let message = `can't open '${name}'`;
    try {
      const fd = yield* settle(open(sys, name, O_RDONLY | O_NOCTTY | O_NONBLOCK));
      message = name;
      try {
        yield* settle(
          opt.has("d") ? sys.fdatasync(fd) : opt.has("f") ? sys.syncfs(fd) : sys.fsync(fd),
        );
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

export const sync: Applet = {
  name: "sync",
  path: "/bin/sync",
  usage: `[-df] [FILE]...

Write to disk what is only in memory, of FILEs or of everything

	-d	Only the data of FILEs, not their times
	-f	The whole file systems that FILEs are on
`,
  main,
};
