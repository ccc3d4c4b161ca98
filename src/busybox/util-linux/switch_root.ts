// switch_root: leaves the root that the machine started with for its real one (switch_root(8))
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR, O_NOCTTY, O_RDWR } from "../../abi/fcntl.ts";
import { MS_MOVE } from "../../abi/mount.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { lstat, open, readDir, stat, tryStat, unlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** Only what is in memory is thrown away. */
const RAMFS_MAGIC = 0x858458f6;
const TMPFS_MAGIC = 0x01021994;

/** Deletes a tree without leaving its file system. */
function* freeTree(sys: Sys, dir: string, dev: number): Steps<void> {
  const entries = yield* readDir(sys, dir);
  for (const { name } of entries) {
    const path = dir === "/" ? `/${name}` : `${dir}/${name}`;
    try {
      const st = lstat(sys, path);
      if (st.dev !== dev) continue;
      if (S_ISDIR(st.mode)) {
        yield* freeTree(sys, path, dev);
        sys.unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
      } else unlink(sys, path);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+c:", { min: 2 });
  const { sys } = p;
  const [root = "", init = "", ...args] = opt.operands;
  try {
    sys.chdir(root);
  } catch (e) {
    dieErrno(`can't change directory to '${root}'`, e);
  }
  const dev = stat(sys, "/").dev;
  if (stat(sys, ".").dev === dev || sys.getpid() !== 1) die("not a mountpoint or PID is not 1");
  const { type } = sys.statfs("/");
  if (tryStat(sys, "/init") === undefined) die("'/init' is not a regular file");
  if (type !== RAMFS_MAGIC && type !== TMPFS_MAGIC) die("root filesystem is not ramfs/tmpfs");
  yield* freeTree(sys, "/", dev);
  try {
    sys.mount(".", "/", "", MS_MOVE, "");
    sys.chroot(".");
    sys.chdir("/");
  } catch (e) {
    dieErrno("error moving root", e);
  }
  const console = opt.get("c");
  if (console !== undefined) {
    try {
      const fd = yield* settle(open(sys, console, O_RDWR | O_NOCTTY));
      for (const to of [0, 1, 2]) if (fd !== to) sys.dup2(fd, to);
      if (fd > 2) sys.close(fd);
    } catch (e) {
      dieErrno(`can't open '${console}'`, e);
    }
  }
  return yield* execOrDie(p, [init, ...args]);
}

export const switch_root: Applet = {
  name: "switch_root",
  path: "/sbin/switch_root",
  usage: `[-c CONSOLE] NEW_ROOT NEW_INIT [ARGS]

Leave the first root, which is in memory and is freed, for NEW_ROOT, and run NEW_INIT there.
It has to be process 1, and NEW_ROOT a mount point.

	-c CONSOLE	Streams go there
`,
  main,
};
