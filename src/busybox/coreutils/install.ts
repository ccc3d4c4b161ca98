// install: copy files and set their mode and owner (as in GNU)
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { chmod, lstat, tryStat, unlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { copyFile } from "../libbb/copy-file.ts";
import { makeDirectory } from "../libbb/make-directory.ts";
import { parseMode } from "../libbb/mode.ts";
import { xgroup, xuser } from "../libbb/owner.ts";
import { dirPart, joinPath, lastPart } from "../libbb/path.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "cvbDdpsg:m:o:t:", {
    long: {
      verbose: "v",
      directory: "d",
      "preserve-timestamps": "p",
      strip: "s",
      group: "g",
      mode: "m",
      owner: "o",
      "target-directory": "t",
    },
    min: 1,
  });
  const modeText = opt.get("m");
  const mode =
    modeText === undefined
      ? 0o755
      : (parseMode(modeText, 0o755, 0) ?? die(`invalid mode '${modeText}'`));
  const uid = opt.get("o") === undefined ? -1 : yield* xuser(p, opt.get("o") as string);
  const gid = opt.get("g") === undefined ? -1 : yield* xgroup(p, opt.get("g") as string);
  const verbose = opt.has("v") ? p.stdout : undefined;

  const setOwner = function* (path: string): Steps<boolean> {
    if (uid < 0 && gid < 0) return true;
    try {
      sys.fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
      return true;
    } catch (e) {
      yield* p.warn(`can't change ownership of ${path}`, e);
      return false;
    }
  };

  let status = 0;
  if (opt.has("d")) {
    for (const path of opt.operands) {
      const made = yield* makeDirectory(p, path, { parents: true, mode, verbose });
      if (!made || !(yield* setOwner(path))) status = 1;
    }
    return status;
  }

  const sources = [...opt.operands];
  const dir = opt.get("t");
  let target = dir;
  if (target === undefined) {
    target = sources.pop() as string;
    if (sources.length === 0) p.usageError();
  }
  if (opt.has("D")) {
    const parent = dir ?? dirPart(target);
    if (!(yield* makeDirectory(p, parent, { parents: true, mode: 0o755, verbose }))) status = 1;
  }
  const st = tryStat(sys, target);
  const into = dir !== undefined || (st !== undefined && S_ISDIR(st.mode));
  for (const source of sources) {
    const path = into ? joinPath(target, lastPart(source)) : target;
    const from = tryStat(sys, source);
    const there = tryStat(sys, path);
    const same =
      there !== undefined && from !== undefined && from.ino === there.ino && from.dev === there.dev;
    // A running program's file must not be written over: it is replaced.
    if (
      there !== undefined &&
      !same &&
      from !== undefined &&
      !S_ISDIR(from.mode) &&
      !S_ISDIR(there.mode)
    )
      unlink(sys, path);
    const copied = yield* copyFile(p, source, path, {
      follow: "always",
      preserve: opt.has("p"),
      force: true,
      verbose: opt.has("v"),
    });
    if (!copied) {
      status = 1;
      continue;
    }
    if (opt.has("s") && (yield* run(p, ["strip", "-p", path])) !== 0) status = 1;
    try {
      if (!(yield* setOwner(path))) status = 1;
      if (!S_ISDIR(lstat(sys, path).mode)) chmod(sys, path, mode);
    } catch (e) {
      yield* p.warn(`can't change permissions of ${path}`, e);
      status = 1;
    }
  }
  return status;
}

export const install: Applet = {
  name: "install",
  path: "/usr/bin/install",
  usage: `[-cdDsp] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST

Copy SOURCEs to DEST and set mode and owner

	-c	Ignored
	-d	Make directories DEST...
	-D	Make the directories that DEST is in
	-s	Run strip on what was copied
	-p	Keep times
	-o USER	Owner
	-g GRP	Group
	-m MODE	Permissions (default 755)
	-t DIR	Copy into DIR
`,
  main,
};
