// diff: how two files or directories differ (POSIX diff -u; BusyBox has this one format, without dates)
import { ENOENT, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import type { Stat } from "../../abi/stat.ts";
import { equal, indexOfByte, strOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { die, Exit, type Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import { strerror } from "../../libc/strerror.ts";
import { readAll, readDir, readFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { joinPath, lastPart } from "../libbb/path.ts";
import { type Change, differences } from "./diff-lines.ts";

/** Only so much of a file is looked at to see whether it is text. */
const LOOK_AT = 65536;
/** Directories within directories. */
const DEPTH_MAX = 1000;

/** One side: lines as they are, as they are compared, and whether the last one lacks its newline. */
interface Side {
  lines: string[];
  keys: readonly string[];
  cut: boolean;
}

class Diff {
  readonly #p: Process;
  readonly #opt: Options;
  readonly #context: number;
  readonly #labels: string[];
  status = 0;

  constructor(p: Process, opt: Options, context: number) {
    this.#p = p;
    this.#opt = opt;
    this.#context = context;
    this.#labels = opt.all("L");
  }

  *#puts(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  stat(path: string): Stat | Errno {
    const flags = this.#opt.has("no-dereference") ? AT_SYMLINK_NOFOLLOW : 0;
    return this.#p.sys.tryStatat(AT_FDCWD, path, flags);
  }

  *#read(path: string): Steps<Uint8Array> {
    return path === "-" ? yield* readAll(this.#p.sys, 0) : yield* readFile(this.#p.sys, path);
  }

  // ---- files -------------------------------------------------------------------------------------

  /** Text in the way it is compared. */
  #key(line: string): string {
    let s = line;
    if (this.#opt.has("w")) s = s.replace(/[ \t\n\v\f\r]+/g, "");
    else if (this.#opt.has("b")) s = s.replace(/[ \t\n\v\f\r]+/g, " ").replace(/ $/, "");
    return this.#opt.has("i") ? s.replace(/[A-Z]+/g, (c) => c.toLowerCase()) : s;
  }

  #side(bytes: Uint8Array): Side {
    const lines = strOf(bytes).split("\n");
    const cut = lines.at(-1) !== "";
    if (!cut) lines.pop();
    const { length } = lines;
    const folds = ["w", "b", "i"].some((o) => this.#opt.has(o));
    const keys = folds ? lines.map((line) => this.#key(line)) : [...lines];
    // Without its newline a line is another one, unless white space does not count.
    if (cut && !this.#opt.has("w") && !this.#opt.has("b")) keys[length - 1] += "\n";
    return { lines, keys, cut };
  }

  /** Compares two files; a path undefined stands for one that is missing. */
  *files(path1: string, path2: string, missing: 0 | 1 | 2 = 0): Steps<void> {
    const none = new Uint8Array();
    const a = missing === 1 ? none : yield* this.#read(path1);
    const b = missing === 2 ? none : yield* this.#read(path2);
    if (equal(a, b)) {
      if (this.#opt.has("s")) yield* this.#puts(`Files ${path1} and ${path2} are identical\n`);
      return;
    }
    const binary = [a, b].some((x) => {
      const nul = indexOfByte(x, 0);
      return nul >= 0 && nul < LOOK_AT;
    });
    if (binary && !this.#opt.has("a")) {
      this.status = 1;
      yield* this.#puts(`Files ${path1} and ${path2} differ\n`);
      return;
    }
    const [one, two] = [this.#side(a), this.#side(b)];
    const changes = differences(one.keys, two.keys, this.#opt.has("d"));
    const hunks = this.#hunks(changes, one, two);
    if (hunks.length === 0) return;
    this.status = 1;
    if (this.#opt.has("q")) {
      yield* this.#puts(`Files ${path1} and ${path2} differ\n`);
      return;
    }
    const name1 = this.#labels[0] ?? path1;
    const name2 = (this.#labels.length > 1 ? this.#labels.at(-1) : undefined) ?? path2;
    yield* this.#puts(`--- ${name1}\n+++ ${name2}\n`);
    for (const hunk of hunks) yield* this.#puts(this.#hunk(hunk, one, two));
  }

  /** Changes near each other in groups; with -B those that touch empty lines only are left out. */
  #hunks(changes: readonly Change[], a: Side, b: Side): Change[][] {
    const groups: Change[][] = [];
    let end = Number.NEGATIVE_INFINITY;
    for (const change of changes) {
      if (change.aFrom - end > 2 * this.#context) groups.push([]);
      (groups.at(-1) as Change[]).push(change);
      end = change.aTo;
    }
    if (!this.#opt.has("B")) return groups;
    const empty = (lines: readonly string[]): boolean => lines.every((line) => line === "");
    return groups.filter((group) =>
      group.some(
        (c) => !empty(a.lines.slice(c.aFrom, c.aTo)) || !empty(b.lines.slice(c.bFrom, c.bTo)),
      ),
    );
  }

  #hunk(group: readonly Change[], a: Side, b: Side): string {
    const [first, last] = [group[0] as Change, group.at(-1) as Change];
    const before = Math.min(this.#context, first.aFrom, first.bFrom);
    const after = Math.min(this.#context, a.lines.length - last.aTo, b.lines.length - last.bTo);
    const range = (from: number, to: number): string => {
      const n = to - from;
      return n === 1 ? `${from + 1}` : `${n === 0 ? from : from + 1},${n}`;
    };
    const [aFrom, aTo] = [first.aFrom - before, last.aTo + after];
    const [bFrom, bTo] = [first.bFrom - before, last.bTo + after];
    let out = `@@ -${range(aFrom, aTo)} +${range(bFrom, bTo)} @@\n`;
    const tab = this.#opt.has("T") ? "\t" : "";
    const put = (mark: string, side: Side, from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        const line = side.lines[i] as string;
        out += `${mark}${tab}${this.#opt.has("t") ? expand(line) : line}\n`;
        if (side.cut && i === side.lines.length - 1) out += "\\ No newline at end of file\n";
      }
    };
    let at = aFrom;
    for (const c of group) {
      put(" ", a, at, c.aFrom);
      put("-", a, c.aFrom, c.aTo);
      put("+", b, c.bFrom, c.bTo);
      at = c.aTo;
    }
    put(" ", a, at, aTo);
    return out;
  }

  // ---- directories -------------------------------------------------------------------------------

  /** Names in a directory, with -r of all files below it that the other directory could have too. */
  *#list(root: string, other: string, under = "", depth = 0): Steps<string[]> {
    const out: string[] = [];
    if (depth > DEPTH_MAX) return out;
    try {
      const entries = yield* readDir(this.#p.sys, joinPath(root, under));
      for (const { name } of entries) {
        const path = under === "" ? name : `${under}/${name}`;
        const st = this.#opt.has("r") ? this.stat(joinPath(root, path)) : undefined;
        if (st === undefined || st instanceof Errno || !S_ISDIR(st.mode)) {
          if (st instanceof Errno) yield* this.#p.warn(joinPath(root, path), st);
          else out.push(path);
          continue;
        }
        // Without -N only directories that both have are entered.
        const there = this.stat(joinPath(other, path));
        const both = !(there instanceof Errno) && S_ISDIR(there.mode);
        if (both || this.#opt.has("N"))
          out.push(...(yield* this.#list(root, other, path, depth + 1)));
      }
    } catch (e) {
      yield* this.#p.warn(joinPath(root, under), e);
    }
    return depth === 0 ? out.sort() : out;
  }

  *directories(dir1: string, dir2: string): Steps<void> {
    const names1 = yield* this.#list(dir1, dir2);
    const names2 = yield* this.#list(dir2, dir1);
    const in1 = new Set(names1);
    const in2 = new Set(names2);
    const start = this.#opt.get("S") ?? "";
    for (const name of [...new Set([...names1, ...names2])].sort()) {
      if (name < start) continue;
      if (in1.has(name) && in2.has(name))
        yield* this.#both(joinPath(dir1, name), joinPath(dir2, name));
      else if (this.#opt.has("N")) {
        const [path1, path2] = [joinPath(dir1, name), joinPath(dir2, name)];
        yield* in1.has(name) ? this.#alone(path1, path2, 2) : this.#alone(path1, path2, 1);
      } else {
        this.status = 1;
        yield* this.#puts(`Only in ${in1.has(name) ? dir1 : dir2}: ${name}\n`);
      }
    }
  }

  /** -N: a file that only one directory has. */
  *#alone(path1: string, path2: string, missing: 1 | 2): Steps<void> {
    const path = missing === 1 ? path2 : path1;
    const st = this.stat(path);
    if (st instanceof Errno || !S_ISREG(st.mode)) {
      if (!(st instanceof Errno) && !S_ISDIR(st.mode)) yield* this.#skipped(path);
      return;
    }
    // The one that is missing is named only where the two are merely said to differ.
    const named = this.#opt.has("q")
      ? [path1, path2]
      : missing === 1
        ? ["/dev/null", path2]
        : [path1, "/dev/null"];
    yield* this.#guard(named[0] as string, named[1] as string, missing);
  }

  *#guard(path1: string, path2: string, missing: 0 | 1 | 2): Steps<void> {
    try {
      yield* this.files(path1, path2, missing);
    } catch (e) {
      yield* this.#p.warn(missing === 1 ? path2 : path1, e);
      this.status = 2;
    }
  }

  *#skipped(path: string): Steps<void> {
    yield* this.#puts(`File ${path} is not a regular file or directory and was skipped\n`);
  }

  *#both(path1: string, path2: string): Steps<void> {
    const [st1, st2] = [this.stat(path1), this.stat(path2)];
    if (st1 instanceof Errno || st2 instanceof Errno) {
      for (const [path, st] of [
        [path1, st1],
        [path2, st2],
      ] as const)
        if (st instanceof Errno) yield* this.#p.warn(path, st);
      return;
    }
    const [dir1, dir2] = [S_ISDIR(st1.mode), S_ISDIR(st2.mode)];
    if (dir1 && dir2) {
      yield* this.#puts(`Common subdirectories: ${path1} and ${path2}\n`);
      return;
    }
    if (dir1 !== dir2) {
      this.status = 1;
      const kind = (dir: boolean): string => (dir ? "a directory" : "a regular file");
      yield* this.#puts(`File ${path1} is ${kind(dir1)} while file ${path2} is ${kind(dir2)}\n`);
      return;
    }
    for (const [path, st] of [
      [path1, st1],
      [path2, st2],
    ] as const) {
      if (S_ISREG(st.mode)) continue;
      // With --no-dereference, links are passed over.
      if (!S_ISLNK(st.mode)) yield* this.#skipped(path);
      return;
    }
    yield* this.#guard(path1, path2, 0);
  }
}

/** Tabs become blanks up to the next eighth column. */
function expand(line: string): string {
  let column = 0;
  return line.replace(/[^\t]+|\t/g, (piece) => {
    const text = piece === "\t" ? " ".repeat(8 - (column % 8)) : piece;
    column += text.length;
    return text;
  });
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "abdiL:NqrsS:tTU:wupBE", {
    long: {
      "ignore-case": "i",
      "ignore-tab-expansion": "E",
      "ignore-space-change": "b",
      "ignore-all-space": "w",
      "ignore-blank-lines": "B",
      text: "a",
      unified: "U:",
      label: "L:",
      "show-c-function": "p",
      brief: "q",
      "expand-tabs": "t",
      "initial-tab": "T",
      recursive: "r",
      "new-file": "N",
      "report-identical-files": "s",
      "starting-file": "S:",
      minimal: "d",
      "no-dereference": "no-dereference",
    },
    min: 2,
    max: 2,
  });
  const context = xatou(opt.get("U") ?? "3");
  if (context > 0x7fffffff) die(`invalid number '${opt.get("U")}'`);
  const diff = new Diff(p, opt, context);
  let [path1 = "", path2 = ""] = opt.operands;
  let missing: 0 | 1 | 2 = 0;
  const found = [path1, path2].map((path, i) => {
    const st = path === "-" ? p.sys.fstat(0) : diff.stat(path);
    if (!(st instanceof Errno)) return st;
    if (st !== ENOENT || !opt.has("N")) throw new Exit(2, `can't stat '${path}': ${strerror(st)}`);
    if (missing !== 0) throw new Exit(2, `can't stat '${path1}': ${strerror(st)}`);
    missing = i === 0 ? 1 : 2;
    return undefined;
  });
  let [st1, st2] = found;
  const [dir1, dir2] = [st1, st2].map((st) => st !== undefined && S_ISDIR(st.mode));
  if (dir1 === true && dir2 === true) {
    yield* diff.directories(path1, path2);
    return diff.status;
  }
  // A file and a directory: the file of that name there.
  if ((dir1 === true || dir2 === true) && missing === 0) {
    if (path1 === "-" || path2 === "-") die("can't compare stdin to a directory", 2);
    if (dir1 === true) path1 = joinPath(path1, lastPart(path2));
    else path2 = joinPath(path2, lastPart(path1));
    const path = dir1 === true ? path1 : path2;
    const st = diff.stat(path);
    if (st instanceof Errno) return die(`can't stat '${path}': ${strerror(st)}`);
    if (dir1 === true) st1 = st;
    else st2 = st;
  }
  if (st1 !== undefined && st2 !== undefined && st1.dev === st2.dev && st1.ino === st2.ino)
    return 0;
  try {
    yield* diff.files(path1, path2, missing);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* p.warn(path1, e);
    return 2;
  }
  return diff.status;
}

export const diff: Applet = {
  name: "diff",
  path: "/usr/bin/diff",
  usage: `[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2

Show how FILE1 and FILE2 differ, in the unified format

	-a	Take all files as text
	-b	Amounts of white space do not count
	-B	Changes of empty lines only do not count
	-d	Look harder for the smallest set of changes
	-i	Case does not count
	-L	Name in the header; once or twice
	-N	Files that are missing count as empty
	-q	Only tell whether files differ
	-r	Compare directories within directories
	--no-dereference	Do not follow symbolic links
	-S FILE	Begin at FILE when comparing directories
	-T	Put a tab before each line
	-s	Tell of files that are the same
	-t	Print tabs as blanks
	-U N	N lines of context (default 3)
	-w	White space does not count
`,
  main,
};
