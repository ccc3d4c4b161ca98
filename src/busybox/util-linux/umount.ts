// umount: detach file systems (as in util-linux, with BusyBox's options; umount(2))
import { EBUSY, Errno } from "../../abi/errno.ts";
import { R_OK } from "../../abi/fcntl.ts";
import { MNT_DETACH, MNT_FORCE, MS_RDONLY, MS_REMOUNT } from "../../abi/mount.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { type MountEntry, mountEntries } from "../../libc/mntent.ts";
import { die, type Process } from "../../libc/process.ts";
import { access } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { freeLoopQuietly, isLoop } from "../libbb/loop.ts";
import { hasOptions, isOfType } from "../libbb/mount-options.ts";
import { realpath } from "../libbb/realpath.ts";

const MOUNTS = "/proc/mounts";

/** The mount that is at a place, or whose device it is. */
function find(p: Process, name: string, mounts: readonly MountEntry[]): MountEntry | undefined {
  try {
    const path = realpath(p.sys, name);
    return mounts.findLast((m) => m.dir === path || m.source === path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "fldnrat:O:cvi");
  const all = opt.has("a");
  if (!all && opt.operands.length === 0) p.usageError();
  if (all && !access(p.sys, MOUNTS, R_OK)) die(`can't open '${MOUNTS}'`);
  const mounts = yield* mountEntries(p.sys, MOUNTS);
  const wanted: [target: string, entry: MountEntry | undefined][] = [];
  if (all) {
    for (const m of mounts.reverse())
      if (isOfType(m.type, opt.get("t")) && hasOptions(m.options, opt.get("O")))
        wanted.push([m.dir, m]);
  } else
    for (const name of opt.operands) {
      const entry = find(p, name, mounts);
      wanted.push([entry?.dir ?? name, entry]);
    }
  const flags = (opt.has("f") ? MNT_FORCE : 0) | (opt.has("l") ? MNT_DETACH : 0);
  let status = 0;
  for (const [target, entry] of wanted) {
    try {
      p.sys.umount2(target, flags);
      // A loop device that mount made goes by itself.
      if (opt.has("d") && entry !== undefined && isLoop(p.sys, entry.source))
        yield* freeLoopQuietly(p.sys, entry.source);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e === EBUSY && opt.has("r") && entry !== undefined && remount(p, entry)) {
        yield* p.warnx(`${entry.source} busy - remounted read-only`);
        continue;
      }
      yield* p.warn(`can't unmount ${target}`, e);
      status = 1;
    }
  }
  return status;
}

/** -r: what is busy becomes read-only. */
function remount(p: Process, m: MountEntry): boolean {
  try {
    p.sys.mount(m.source, m.dir, m.type, MS_REMOUNT | MS_RDONLY, "");
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}

export const umount: Applet = {
  name: "umount",
  path: "/bin/umount",
  usage: `[-rlfda] [-t FSTYPE] [-O FSOPT] FILESYSTEM|DIRECTORY

Detach file systems

	-a		All of them
	-r		Make those that are busy read-only
	-l		Now, even if it is in use
	-f		By force
	-d		Give its loop device free
	-t FSTYPE[,...]	With -a: only these types
	-O FSOPT[,...]	With -a: only those that have these options
`,
  main,
};
