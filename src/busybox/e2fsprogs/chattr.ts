// chattr, lsattr: attributes of files that some file systems keep (chattr(1), ioctl_iflags(2))
import { ENOTTY, EOPNOTSUPP, Errno } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
} from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import type { Stat } from "../../abi/stat.ts";
import { FS_IOC_GETFLAGS, FS_IOC_SETFLAGS } from "../../abi/termios.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { open, readDir } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou32 } from "../libbb/numbers.ts";
import { joinPath } from "../libbb/path.ts";

const GETVERSION = 0x80087601;
const SETVERSION = 0x40087602;
const FS_IOC_FSGETXATTR = 0x801c581f;
const DEPTH_MAX = 1000;

/** Letter, bit and long name, in the order in which lsattr shows them. */
const ATTRIBUTES: readonly (readonly [letter: string, bit: number, name: string])[] = [
  ["s", 0x1, "Secure_Deletion"],
  ["u", 0x2, "Undelete"],
  ["S", 0x8, "Synchronous_Updates"],
  ["D", 0x10000, "Synchronous_Directory_Updates"],
  ["i", 0x10, "Immutable"],
  ["a", 0x20, "Append_Only"],
  ["d", 0x40, "No_Dump"],
  ["A", 0x80, "No_Atime"],
  ["c", 0x4, "Compression_Requested"],
  ["E", 0x800, "Encrypted"],
  ["j", 0x4000, "Journaled_Data"],
  ["I", 0x1000, "Indexed_directory"],
  ["t", 0x8000, "No_Tailmerging"],
  ["T", 0x20000, "Top_of_Directory_Hierarchies"],
  ["e", 0x80000, "Extents"],
  ["C", 0x800000, "No_COW"],
  ["F", 0x40000000, "Casefold"],
  ["N", 0x10000000, "Inline_Data"],
  ["P", 0x20000000, "Project_Hierarchy"],
  ["V", 0x100000, "Verity"],
];

/** One request to a file, which is not followed and never waits. Throws Errno. */
function* request(p: Process, path: string, code: number, arg?: unknown): Steps<unknown> {
  const fd = yield* settle(open(p.sys, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
  try {
    return yield* settle(p.sys.ioctl(fd, code, arg));
  } finally {
    p.sys.close(fd);
  }
}

/** Asks or says "DOING PATH: why", or that it cannot be opened; undefined then. */
function* tryRequest(
  p: Process,
  path: string,
  doing: string,
  code: number,
  arg?: unknown,
): Steps<unknown> {
  let fd: number;
  try {
    fd = yield* settle(open(p.sys, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
  } catch (e) {
    yield* p.warn(`can't open '${path}'`, e);
    return undefined;
  }
  try {
    return (yield* settle(p.sys.ioctl(fd, code, arg))) ?? 0;
  } catch (e) {
    yield* p.warn(`${doing} ${path}`, e);
    return undefined;
  } finally {
    p.sys.close(fd);
  }
}

function* statOf(p: Process, path: string): Steps<Stat | undefined> {
  const st = p.sys.tryStatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  if (!(st instanceof Errno)) return st;
  yield* p.warn(`can't stat '${path}'`, st);
  return undefined;
}

interface Change {
  recurse: boolean;
  add: number;
  remove: number;
  set: number | undefined;
  version: number | undefined;
  project: number | undefined;
}

function* change(p: Process, path: string, how: Change, depth = 0): Steps<void> {
  const st = yield* statOf(p, path);
  if (st === undefined) return;
  // Links are left alone where a tree is walked.
  if (depth > 0 && S_ISLNK(st.mode) && how.version === undefined && how.project === undefined) {
    yield* tryRequest(p, path, "getting flags on", FS_IOC_GETFLAGS);
    return;
  }
  if (how.version !== undefined)
    yield* tryRequest(p, path, "setting version on", SETVERSION, how.version);
  if (how.project !== undefined) {
    try {
      yield* request(p, path, FS_IOC_FSGETXATTR);
      throw EOPNOTSUPP;
    } catch (e) {
      yield* p.warn(`setting project ID on ${path}`, e === ENOTTY ? EOPNOTSUPP : e);
    }
  }
  if (how.set !== undefined) {
    yield* tryRequest(p, path, "setting flags on", FS_IOC_SETFLAGS, how.set);
  } else if (how.add !== 0 || how.remove !== 0) {
    const flags = yield* tryRequest(p, path, "getting flags on", FS_IOC_GETFLAGS);
    if (flags === undefined) return;
    const wanted = (Number(flags) | how.add) & ~how.remove;
    yield* tryRequest(p, path, "setting flags on", FS_IOC_SETFLAGS, wanted >>> 0);
  }
  if (!how.recurse || !S_ISDIR(st.mode) || depth >= DEPTH_MAX) return;
  let names: string[];
  try {
    names = (yield* readDir(p.sys, path)).map(({ name }) => name);
  } catch (e) {
    yield* p.warn(path, e);
    return;
  }
  for (const name of names) yield* change(p, joinPath(path, name), how, depth + 1);
}

function* chattrMain(p: Process): Steps<number> {
  const words = p.argv.slice(1);
  const how: Change = {
    recurse: false,
    add: 0,
    remove: 0,
    set: undefined,
    version: undefined,
    project: undefined,
  };
  const bits = (letters: string): number => {
    let mask = 0;
    for (const c of letters)
      mask |= ATTRIBUTES.find(([letter]) => letter === c && c !== "s")?.[1] ?? p.usageError();
    return mask;
  };
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word.startsWith("+")) how.add |= bits(word.slice(1));
    else if (word.startsWith("=")) how.set = (how.set ?? 0) | bits(word.slice(1));
    else if (word.startsWith("-") && word.length > 1) {
      let letters = "";
      for (let i = 1; i < word.length; i++) {
        const c = word.charAt(i);
        if (c === "R") how.recurse = true;
        else if (c === "v" || c === "p") {
          const text = words[++at] ?? p.usageError();
          how[c === "v" ? "version" : "project"] = xatou32(text);
        } else if (c !== "V") letters += c;
        else letters += i === 1 && word.length === 2 ? "" : c;
      }
      how.remove |= bits(letters);
    } else break;
  }
  const files = words.slice(at);
  if (files.length === 0) p.usageError();
  if (how.set !== undefined && (how.add !== 0 || how.remove !== 0))
    die("= is incompatible with - and +");
  if ((how.add & how.remove) !== 0) die("can't set and unset a flag");
  const nothing =
    how.set === undefined && how.add === 0 && how.remove === 0 && how.version === undefined;
  if (nothing && how.project === undefined) die("must use -v, -p, =, - or +");
  for (const file of files) yield* change(p, file, how);
  return 0;
}

export const chattr: Applet = {
  name: "chattr",
  path: "/bin/chattr",
  usage: `[-R] [-v VERSION] [-p PROJECT] [-+=aAcCdDeEFiIjNPStTuV] FILE...

Change attributes of files

	-R	And of all below directories
	-v NUM	Set the version
	-p NUM	Set the project
	-LETTERS	Take attributes away
	+LETTERS	Give attributes
	=LETTERS	Let these be all

	A	Reading changes no time	a	Only appended to
	C	Not copied on writing	c	Compressed
	D	Directory written at once	d	Not dumped
	E	Encrypted	e	In extents
	F	Case does not count	I	Indexed directory
	i	Never changed	j	Data in the journal
	N	Inside the inode	P	Project is inherited
	S	Written at once
	T	Top of a hierarchy	t	Tails not merged
	u	Can be brought back	V	Verified
`,
  main: chattrMain,
};

interface Show {
  recurse: boolean;
  all: boolean;
  self: boolean;
  long: boolean;
  version: boolean;
  project: boolean;
}

function* put(p: Process, text: string): Steps<void> {
  const w = p.stdout.puts(text);
  if (w) yield* w;
}

function* show(p: Process, path: string, how: Show): Steps<void> {
  if (how.project) {
    let project = 0;
    try {
      const known = yield* request(p, path, FS_IOC_FSGETXATTR);
      project = (known as { projid: number }).projid;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(`reading ${path}`, e);
      return;
    }
    yield* put(p, `${String(project).padStart(5)} `);
  }
  if (how.version) {
    const version = yield* tryRequest(p, path, "reading", GETVERSION);
    if (version === undefined) return;
    yield* put(p, `${String(version).padStart(5)} `);
  }
  const flags = yield* tryRequest(p, path, "reading", FS_IOC_GETFLAGS);
  if (flags === undefined) return;
  const given = ATTRIBUTES.filter(([, bit]) => (Number(flags) & bit) !== 0);
  if (how.long) {
    const names = given.map(([, , name]) => name).join(", ") || "---";
    yield* put(p, `${path.padEnd(28)} ${names}\n`);
  } else {
    const letters = ATTRIBUTES.map((one) => (given.includes(one) ? one[0] : "-")).join("");
    yield* put(p, `${letters} ${path}\n`);
  }
}

function* list(p: Process, path: string, how: Show, depth: number): Steps<void> {
  let names: string[];
  try {
    names = (yield* readDir(p.sys, path)).map(({ name }) => name);
  } catch (e) {
    yield* p.warn(path, e);
    return;
  }
  if (how.all) names.unshift(".", "..");
  for (const name of names) {
    if (name.startsWith(".") && !how.all) continue;
    const full = joinPath(path, name);
    yield* show(p, full, how);
    if (!how.recurse || name === "." || name === ".." || depth >= DEPTH_MAX) continue;
    const st = yield* statOf(p, full);
    if (st === undefined || !S_ISDIR(st.mode)) continue;
    yield* put(p, `\n${full}:\n`);
    yield* list(p, full, how, depth + 1);
    yield* put(p, "\n");
  }
}

function* lsattrMain(p: Process): Steps<number> {
  const opt = getopt(p, "Radlvp");
  const how: Show = {
    recurse: opt.has("R"),
    all: opt.has("a"),
    self: opt.has("d"),
    long: opt.has("l"),
    version: opt.has("v"),
    project: opt.has("p"),
  };
  for (const path of opt.operands.length === 0 ? ["."] : opt.operands) {
    const st = yield* statOf(p, path);
    if (st === undefined) continue;
    if (S_ISDIR(st.mode) && !how.self) yield* list(p, path, how, 0);
    else yield* show(p, path, how);
  }
  return 0;
}

export const lsattr: Applet = {
  name: "lsattr",
  path: "/bin/lsattr",
  usage: `[-Radlpv] [FILE]...

Show attributes of files

	-R	And of all below directories
	-a	Names that begin with "." too
	-d	Directories themselves
	-l	In words
	-p	With the project
	-v	With the version
`,
  main: lsattrMain,
};
