// touch: set the times of files, and make them if need be (POSIX touch; -h as in GNU)
import { ENOENT, Errno } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_RDWR,
  UTIME_NOW,
  UTIME_OMIT,
} from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import type { Timespec } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { timezone } from "../../libc/tzset.ts";
import { open, stat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseDate } from "../libbb/parse-date.ts";

const NOW: Timespec = { sec: 0, nsec: UTIME_NOW };
const LEFT: Timespec = { sec: 0, nsec: UTIME_OMIT };

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "chr:d:t:amf", {
    long: { "no-create": "c", "no-dereference": "h", reference: "r", date: "d" },
    min: 1,
  });
  let atime = NOW;
  let mtime = NOW;
  const reference = opt.get("r");
  if (reference !== undefined) {
    try {
      ({ atime, mtime } = stat(sys, reference));
    } catch (e) {
      dieErrno(`can't stat '${reference}'`, e);
    }
  }
  const date = opt.get("t") ?? opt.get("d");
  if (date !== undefined) {
    const now = sys.clock_gettime(CLOCK_REALTIME).sec;
    const sec = parseDate(date, now, yield* timezone(p), true) ?? die(`invalid date '${date}'`);
    atime = mtime = { sec, nsec: 0 };
  }
  // With neither -a nor -m, or both, both are set.
  if (opt.has("a") !== opt.has("m")) {
    if (opt.has("a")) mtime = LEFT;
    else atime = LEFT;
  }
  const follow = opt.has("h") ? AT_SYMLINK_NOFOLLOW : 0;
  let status = 0;
  for (const name of opt.operands) {
    try {
      try {
        sys.utimensat(AT_FDCWD, name, atime, mtime, follow);
      } catch (e) {
        if (e !== ENOENT) throw e;
        if (opt.has("c")) continue;
        const fd = yield* settle(open(sys, name, O_RDWR | O_CREAT));
        if (date !== undefined || reference !== undefined)
          sys.utimensat(AT_FDCWD, name, atime, mtime, 0);
        sys.close(fd);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(name, e);
      status = 1;
    }
  }
  return status;
}

export const touch: Applet = {
  name: "touch",
  path: "/bin/touch",
  usage: `[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...

Set the times of FILEs to now, and make those that are not there

	-c	Do not make files
	-h	Set those of links, not of what they point to
	-a	Only the time of the last access
	-m	Only that of the last change
	-d DATE	DATE, not now
	-t DATE	The same
	-r FILE	The times that FILE has, not now
`,
  main,
};
