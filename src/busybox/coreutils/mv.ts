// mv: rename files, or move them to another file system (POSIX mv; -n -T -t -v as in GNU)
import { EXDEV } from "../../abi/errno.ts";
import { W_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { isatty } from "../../libc/stdio.ts";
import { access, rename, rmdir, tryLstat, tryStat, unlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { ask } from "../libbb/ask.ts";
import { copyFile } from "../libbb/copy-file.ts";
import { joinPath, lastPart } from "../libbb/path.ts";
import { removeFile } from "../libbb/remove.ts";

/** rename(2), or copy and remove where that cannot be. */
function* move(p: Process, from: string, to: string): Steps<boolean> {
  const { sys } = p;
  try {
    rename(sys, from, to);
    return true;
  } catch (e) {
    if (e !== EXDEV) {
      yield* p.warn(`can't rename '${from}'`, e);
      return false;
    }
  }
  const [source, there] = [tryLstat(sys, from), tryLstat(sys, to)];
  if (there !== undefined) {
    const directory = source !== undefined && S_ISDIR(source.mode);
    if (S_ISDIR(there.mode) && !directory) {
      yield* p.warnx(`can't overwrite directory with non-directory`);
      return false;
    }
    if (!S_ISDIR(there.mode) && directory) {
      yield* p.warnx(`can't overwrite non-directory with directory`);
      return false;
    }
    try {
      if (S_ISDIR(there.mode)) rmdir(sys, to);
      else unlink(sys, to);
    } catch (e) {
      yield* p.warn(`can't remove '${to}'`, e);
      return false;
    }
  }
  const copied = yield* copyFile(p, from, to, {
    recursive: true,
    preserve: true,
    follow: "never",
    force: true,
  });
  return copied && (yield* removeFile(p, from, { recursive: true, force: true }));
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "finTt:v", {
    long: {
      interactive: "i",
      force: "f",
      "no-clobber": "n",
      "no-target-directory": "T",
      "target-directory": "t",
      verbose: "v",
    },
    last: ["fin"],
    exclusive: ["tT"],
    min: 1,
  });
  const sources = [...opt.operands];
  let target = opt.get("t");
  let into = target !== undefined;
  if (target === undefined) {
    target = sources.pop() as string;
    if (sources.length === 0) p.usageError();
    const st = tryStat(sys, target);
    const directory = st !== undefined && S_ISDIR(st.mode);
    into = sources.length > 1 || directory;
    if (opt.has("T")) {
      if (sources.length > 1) p.usageError();
      const from = tryStat(sys, sources[0] as string);
      if (directory && (from === undefined || !S_ISDIR(from.mode))) {
        yield* p.warnx(`'${target}' is a directory`);
        return 1;
      }
      into = false;
    }
  }
  let status = 0;
  for (const source of sources) {
    const to = into ? joinPath(target, lastPart(source)) : target;
    const there = tryLstat(sys, to);
    if (there !== undefined) {
      if (opt.has("n")) continue;
      const guarded =
        !opt.has("f") && !S_ISLNK(there.mode) && !access(sys, to, W_OK) && isatty(sys, 0);
      if ((opt.has("i") || guarded) && !(yield* ask(p, `${p.progname}: overwrite '${to}'? `)))
        continue;
    }
    const from = into ? source.replace(/(?<=[^/])\/+$/, "") : source;
    if (!(yield* move(p, from, to))) status = 1;
    // Said even after a failure, as the original does.
    if (opt.has("v")) {
      const w = p.stdout.puts(`'${source}' -> '${to}'\n`);
      if (w) yield* w;
    }
  }
  return status;
}

export const mv: Applet = {
  name: "mv",
  path: "/bin/mv",
  usage: `[-finT] SOURCE DEST
or: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }

Rename SOURCE to DEST, or move SOURCEs into DIRECTORY

	-f	Do not ask before overwriting
	-i	Ask before overwriting
	-n	Never overwrite
	-T	DEST is not a directory to move into
	-t DIR	Move into DIR
`,
  main,
};
