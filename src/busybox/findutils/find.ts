// find: files of directory trees by what they are (POSIX find; -iname, -maxdepth, -mmin, -regex, -delete and so on
// as BusyBox has them).
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { type Dirent, DT_LNK } from "../../abi/stat.ts";
import type { Process } from "../../libc/process.ts";
import { readDir } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { joinPath } from "../libbb/path.ts";
import { evaluate } from "./find-expression.ts";
import { FoundFile } from "./find-file.ts";
import { type Plan, parseFind, Quit } from "./find-parse.ts";

/** A directory that is being walked. */
interface Level {
  file: FoundFile;
  entries: readonly Dirent[];
  at: number;
}

class Walker {
  readonly #p: Process;
  readonly #plan: Plan;
  /** The device of the operand, for -xdev. */
  #dev = 0;

  constructor(p: Process, plan: Plan) {
    this.#p = p;
    this.#plan = plan;
  }

  *#fails(file: FoundFile, e: unknown): Steps<boolean> {
    yield* this.#p.warn(file.path, e);
    this.#plan.failed = true;
    return false;
  }

  /** Tries the expression where the depth allows it. A file that has gone away is complained of. */
  #act(file: FoundFile): boolean | Steps<boolean> {
    if (file.depth < this.#plan.minDepth) return true;
    try {
      return evaluate(this.#plan.expression, file);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return this.#fails(file, e);
    }
  }

  *#actSlowly(file: FoundFile, steps: Steps<boolean>): Steps<void> {
    try {
      yield* steps;
    } catch (e) {
      yield* this.#fails(file, e);
    }
  }

  /** Is it a directory to go down into? */
  #descends(file: FoundFile): boolean {
    if (!file.isDirectory || file.depth >= this.#plan.maxDepth) return false;
    return !this.#plan.oneFileSystem || file.stat.dev === this.#dev;
  }

  /** A directory with its entries; undefined when they cannot be read. */
  *#open(file: FoundFile): Steps<Level | undefined> {
    try {
      return { file, entries: yield* readDir(this.#p.sys, file.path), at: 0 };
    } catch (e) {
      yield* this.#fails(file, e);
      return undefined;
    }
  }

  /** A file before what is in it; whether it is a directory to go down into. */
  #enter(file: FoundFile): boolean | Steps<boolean> {
    try {
      const down = this.#descends(file);
      if (down && this.#plan.depthFirst) return true;
      const result = this.#act(file);
      if (isSteps(result)) return this.#enterSlowly(file, result, down);
      return down && !file.pruned;
    } catch (e) {
      return this.#fails(file, e);
    }
  }

  *#enterSlowly(file: FoundFile, steps: Steps<boolean>, down: boolean): Steps<boolean> {
    yield* this.#actSlowly(file, steps);
    return down && !file.pruned;
  }

  /** A file and all that is below it. */
  *walk(path: string): Steps<void> {
    const { sys } = this.#p;
    const follow = this.#plan.follow === "always";
    const top = new FoundFile(sys, path, 0, this.#plan.follow !== "never");
    try {
      this.#dev = top.stat.dev;
    } catch (e) {
      yield* this.#fails(top, e);
      return;
    }
    const levels: Level[] = [];
    let next: FoundFile | undefined = top;
    for (;;) {
      if (next !== undefined) {
        let down = this.#enter(next);
        if (isSteps(down)) down = yield* down;
        if (down) {
          const level = yield* this.#open(next);
          if (level !== undefined) levels.push(level);
        }
      }
      const level = levels.at(-1);
      if (level === undefined) return;
      if (--sys.budget < 0) yield* sys.sched_yield();
      const entry = level.entries[level.at++];
      if (entry !== undefined) {
        const known = entry.type !== 0 && (!follow || entry.type !== DT_LNK);
        next = new FoundFile(
          sys,
          joinPath(level.file.path, entry.name),
          levels.length,
          follow,
          entry.name,
          known ? entry.type << 12 : undefined,
        );
        continue;
      }
      levels.pop();
      next = undefined;
      if (this.#plan.depthFirst) {
        const result = this.#act(level.file);
        if (isSteps(result)) yield* this.#actSlowly(level.file, result);
      }
    }
  }
}

function* main(p: Process): Steps<number> {
  const plan = yield* parseFind(p);
  const walker = new Walker(p, plan);
  try {
    for (const path of plan.paths) yield* walker.walk(path);
  } catch (e) {
    if (!(e instanceof Quit)) throw e;
  }
  for (const action of plan.batches) if (!(yield* action.flush())) plan.failed = true;
  return plan.failed ? 1 : 0;
}

export const find: Applet = {
  name: "find",
  path: "/usr/bin/find",
  usage: `[-HLP] [PATH]... [EXPRESSION]

List the files of directory trees for which EXPRESSION holds (default: of ., all)

	-L, -follow	Look at what symbolic links point to
	-H		The same for PATHs only
	-xdev		Stay on the file system of PATH
	-maxdepth N	Go down no more than N levels
	-mindepth N	Only files N levels or more below PATH
	-depth		A directory after what is in it

Operators, in falling order of precedence:
	( EXPR )	Grouping
	! EXPR		Where EXPR does not hold (-not)
	EXPR [-a] EXPR	Both; the second is tried only if the first holds (-and)
	EXPR -o EXPR	Either; the second is tried only if the first does not hold (-or)

Tests; N may be +N for more or -N for less:
	-name PATTERN	The last part of the path matches (-iname: in any case)
	-path PATTERN	The whole path matches (-ipath: in any case; -wholename)
	-regex REGEX	The whole path matches a basic regular expression
	-type X		f file, d directory, l link, b c device, s socket, p pipe
	-perm MODE	Permissions are MODE; -MODE: have all these bits; +MODE: any
	-executable	May be executed
	-mtime N	Modified N days ago (-atime: read, -ctime: changed)
	-mmin N		Modified N minutes ago
	-newer FILE	Modified after FILE
	-user USER	Owner, by name or number
	-group GROUP	Group, by name or number
	-size N[cwbk]	Size in bytes, 2-byte words, 512-byte blocks (default), KiB
	-links N	Number of hard links
	-inum N		Inode number
	-empty		File or directory with nothing in it

Actions; -print unless another is given:
	-prune		Do not go down into the directory
	-print		Print the path
	-print0		Print the path and a NUL
	-exec CMD ;	Run CMD with {} replaced by the path; holds if it succeeds
	-exec CMD {} +	Run CMD for many paths at once
	-delete		Remove the file; turns -depth on
	-quit		End at once
`,
  main,
};
