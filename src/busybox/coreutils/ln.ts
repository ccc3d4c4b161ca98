// ln: make links (POSIX ln; -n -b -S -T -v as in GNU)
import { ENOENT } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import {
  link,
  lstat,
  rename,
  stat,
  symlink,
  tryLstat,
  tryStat,
  unlink,
} from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { joinPath, lastPart } from "../libbb/path.ts";

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "sfnbS:vT", { min: 1 });
  const targets = [...opt.operands];
  const place = targets.length > 1 ? (targets.pop() as string) : undefined;
  if (opt.has("T") && (targets.length > 1 || place === undefined)) p.usageError();
  // -n, -T: a link to a directory is not a directory to put links into.
  const st =
    place === undefined
      ? undefined
      : opt.has("n") || opt.has("T")
        ? tryLstat(sys, place)
        : tryStat(sys, place);
  const isDirectory = st !== undefined && S_ISDIR(st.mode);
  if (opt.has("T") && isDirectory) {
    yield* p.warnx(`'${place}' is a directory`);
    return 1;
  }
  let status = 0;
  for (const target of targets) {
    const path =
      place === undefined
        ? lastPart(target)
        : isDirectory
          ? joinPath(place, lastPart(target))
          : place;
    try {
      if (!opt.has("s")) {
        try {
          stat(sys, target);
        } catch (e) {
          if (e !== ENOENT || tryLstat(sys, target) === undefined) {
            yield* p.warn(target, e);
            status = 1;
            continue;
          }
        }
      }
      const there = tryLstat(sys, path);
      if (there !== undefined && opt.has("b")) rename(sys, path, path + (opt.get("S") ?? "~"));
      else if (there !== undefined && opt.has("f")) {
        const from = opt.has("s") ? undefined : lstat(sys, target);
        // Taking away its only name would lose the file (and does so in the original).
        if (from?.nlink === 1 && from.ino === there.ino && from.dev === there.dev) {
          yield* p.warnx(`'${target}' and '${path}' are the same file`);
          status = 1;
          continue;
        }
        unlink(sys, path);
      }
      if (opt.has("s")) symlink(sys, target, path);
      else link(sys, target, path);
      if (opt.has("v")) {
        const w = p.stdout.puts(`'${path}' -> '${target}'\n`);
        if (w) yield* w;
      }
    } catch (e) {
      yield* p.warn(path, e);
      status = 1;
    }
  }
  return status;
}

export const ln: Applet = {
  name: "ln",
  path: "/bin/ln",
  usage: `[-sfnbtv] [-S SUF] TARGET... LINK|DIR

Make LINK, or a link in DIR, to each TARGET

	-s	Symbolic links
	-f	Remove what has the name already
	-n	A symbolic link to a directory counts as a file
	-b	Rename what has the name already to NAME~
	-S SUF	With -b: SUF for ~
	-T	LINK is not a directory to make links in
	-v	Say what is made
`,
  main,
};
