// sync: write what is only in memory to disk (POSIX sync; -d -f as in GNU)
import { type Blocking, type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { flushFiles } from "../libbb/flush.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "df", { exclusive: ["df"] });
  if (opt.operands.length === 0) {
    yield* settle(sys.sync());
    return 0;
  }
  const flush = (fd: number): Blocking<void> => {
    if (opt.has("d")) return sys.fdatasync(fd);
    return opt.has("f") ? sys.syncfs(fd) : sys.fsync(fd);
  };
  return yield* flushFiles(p, opt.operands, flush);
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
