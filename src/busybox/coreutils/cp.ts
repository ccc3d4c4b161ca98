// cp: copy files and directories (POSIX cp; -a -d -l -n -s -u -T -t and long options as in GNU)

import { EOPNOTSUPP } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { type CopyOptions, CopyState, copyFile } from "../libbb/copy-file.ts";
import { makeDirectory } from "../libbb/make-directory.ts";
import { dirPart, joinPath, lastPart } from "../libbb/path.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "pdRfinlsLHarPvuTt:", {
    long: {
      archive: "a",
      force: "f",
      interactive: "i",
      "no-clobber": "n",
      link: "l",
      dereference: "L",
      "no-dereference": "P",
      recursive: "R",
      "symbolic-link": "s",
      "no-target-directory": "T",
      "target-directory": "t",
      verbose: "v",
      update: "u",
      "remove-destination": "remove-destination",
      parents: "parents",
      reflink: "reflink::",
    },
    implies: { r: "R", a: "RpP", d: "P" },
    exclusive: ["ls", "Tt"],
    min: 1,
  });
  const recursive = opt.has("R");
  const o: CopyOptions = {
    recursive,
    // -L beats -H, which beats -P, wherever they stand.
    follow: opt.has("L")
      ? "always"
      : opt.has("H")
        ? "operands"
        : opt.has("P") || recursive
          ? "never"
          : "always",
    preserve: opt.has("p"),
    force: opt.has("f"),
    remove: opt.has("remove-destination"),
    interactive: opt.has("i") && !opt.has("n"),
    noClobber: opt.has("n"),
    update: opt.has("u"),
    link: opt.has("l") ? "hard" : opt.has("s") ? "symbolic" : undefined,
    verbose: opt.has("v"),
  };
  const reflink = opt.get("reflink") ?? "always";
  if (reflink !== "always" && reflink !== "auto") p.usageError();

  const sources = [...opt.operands];
  let target = opt.get("t");
  let into = target !== undefined;
  if (target === undefined) {
    target = sources.pop() as string;
    if (sources.length === 0) p.usageError();
    const st = tryStat(p.sys, target);
    into = sources.length > 1 || opt.has("parents") || (st !== undefined && S_ISDIR(st.mode));
    // A directory cannot be copied over a file: that is complained about as the original does.
    if (recursive && st !== undefined && S_ISDIR(tryStat(p.sys, sources[0] as string)?.mode ?? 0))
      into = true;
    if (opt.has("T")) {
      if (sources.length > 1) p.usageError();
      if (st !== undefined && S_ISDIR(st.mode)) {
        const from = tryStat(p.sys, sources[0] as string);
        if (from === undefined || !S_ISDIR(from.mode)) {
          yield* p.warnx(`'${target}' is a directory`);
          return 1;
        }
      }
      into = false;
    }
  }
  // We have no file system that could share blocks.
  if (opt.has("reflink") && reflink === "always") {
    const to = into ? joinPath(target, lastPart(sources[0] as string)) : target;
    return dieErrno(`failed to clone '${to}' from '${sources[0] ?? ""}'`, EOPNOTSUPP);
  }

  let status = 0;
  const state = new CopyState();
  for (const source of sources) {
    let to = target;
    if (into) {
      const name = opt.has("parents") ? source.replace(/^\/+/, "") : lastPart(source);
      to = joinPath(target, name === ".." ? "" : name);
      if (name === ".") to = joinPath(target, ".");
      if (opt.has("parents") && !(yield* makeDirectory(p, dirPart(to), { parents: true }))) {
        status = 1;
        continue;
      }
    }
    if (!(yield* copyFile(p, source, to, o, state))) status = 1;
  }
  return status;
}

export const cp: Applet = {
  name: "cp",
  path: "/bin/cp",
  usage: `[-arPLHpfinlsTu] SOURCE DEST
or: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }

Copy SOURCE to DEST, or SOURCEs into DIRECTORY

	-a	Same as -dpR
	-R,-r	Directories with all that is in them
	-d,-P	Copy symbolic links as such (default with -R)
	-L	Follow all symbolic links
	-H	Follow those on the command line
	-p	Keep times, owner and mode
	-f	Remove what cannot be written over
	-i	Ask before overwriting
	-n	Never overwrite
	-l,-s	Make hard or symbolic links instead
	-T	DEST is not a directory to copy into
	-t DIR	Copy into DIR
	-u	Only files that are newer
`,
  main,
};
