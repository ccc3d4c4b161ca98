// tree: directories as trees (as Steve Baker's tree)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { DT_DIR, DT_LNK, DT_UNKNOWN } from "../../abi/stat.ts";
import { encodeUtf8 } from "../../lib/utf8.ts";
import { isUtf8 } from "../../libc/locale.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { readDir, readlink, tryLstat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** Deeper ones are not entered. */
const DEPTH_MAX = 4096;

interface Drawing {
  branch: string;
  last: string;
  line: string;
  space: string;
}

interface Counts {
  directories: number;
  files: number;
}

function* put(p: Process, text: string): Steps<void> {
  const w = p.stdout.puts(text);
  if (w) yield* w;
}

function* walk(
  p: Process,
  dir: string,
  prefix: string,
  d: Drawing,
  n: Counts,
  depth: number,
): Steps<void> {
  let names: { name: string; type: number }[];
  try {
    names = yield* readDir(p.sys, dir);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* put(p, " [error opening dir]\n");
    return;
  }
  yield* put(p, "\n");
  const shown = names
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const [i, entry] of shown.entries()) {
    const last = i === shown.length - 1;
    const path = `${dir}/${entry.name}`;
    let isDir = entry.type === DT_DIR;
    let isLink = entry.type === DT_LNK;
    if (entry.type === DT_UNKNOWN) {
      const mode = tryLstat(p.sys, path)?.mode ?? 0;
      isDir = S_ISDIR(mode);
      isLink = S_ISLNK(mode);
    }
    yield* put(p, `${prefix}${last ? d.last : d.branch}${entry.name}`);
    if (isDir) {
      n.directories++;
      if (depth >= DEPTH_MAX) yield* put(p, "\n");
      else yield* walk(p, path, prefix + (last ? d.space : d.line), d, n, depth + 1);
      continue;
    }
    n.files++;
    let target = "";
    if (isLink) {
      try {
        target = ` -> ${readlink(p.sys, path)}`;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
    yield* put(p, `${target}\n`);
  }
}

function* main(p: Process): Steps<number> {
  const dirs = p.argv.length > 1 ? p.argv.slice(1) : ["."];
  const drawing: Drawing = isUtf8(p.env)
    ? {
        branch: encodeUtf8("├── "),
        last: encodeUtf8("└── "),
        line: encodeUtf8("│   "),
        space: "    ",
      }
    : { branch: "|-- ", last: "`-- ", line: "|   ", space: "    " };
  const counts: Counts = { directories: 0, files: 0 };
  for (const dir of dirs) {
    yield* put(p, dir);
    yield* walk(p, dir, "", drawing, counts, 0);
  }
  yield* put(p, `\n${counts.directories} directories, ${counts.files} files\n`);
  return 0;
}

export const tree: Applet = {
  name: "tree",
  path: "/usr/bin/tree",
  usage: "[DIR]...\n\nShow what is in directories as trees\n",
  main,
};
