// ls: list directories (POSIX ls; -h -Q -X -v --color --full-time --group-directories-first as in GNU)
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { major, minor, type Stat, type Timespec } from "../../abi/stat.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import type { Process } from "../../libc/process.ts";
import { modeString, S_ISBLK, S_ISCHR, S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { isatty } from "../../libc/stdio.ts";
import { columns } from "../../libc/termios.ts";
import { readlink, tryLstat, tryStat, withDir } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { humanSize } from "../libbb/human.ts";
import { indicator, paint } from "../libbb/ls-color.ts";
import { xatou } from "../libbb/numbers.ts";
import { joinPath } from "../libbb/path.ts";
import { strverscmp } from "../libbb/strverscmp.ts";
import { clock, type LocalClock } from "../libbb/times.ts";
import { printable, textWidth } from "../libbb/width.ts";

interface Entry {
  /** As it is shown. */
  name: string;
  path: string;
  st: Stat;
}

type Format = "1" | "C" | "x" | "l";

interface Look {
  format: Format;
  all: "a" | "A" | "";
  width: number;
  color: boolean;
  human: boolean;
  numeric: boolean;
  owner: boolean;
  time: "mtime" | "ctime" | "atime";
  sort: string;
  has: (key: string) => boolean;
  users: ReadonlyMap<number, string>;
  groups: ReadonlyMap<number, string>;
  clock: LocalClock;
  now: number;
}

const HALF_YEAR_S = (365 * 86400) / 2;

function sortTime(look: Look, st: Stat): Timespec {
  return st[look.time];
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function extension(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot);
}

function sortEntries(entries: Entry[], look: Look): void {
  const sign = look.has("r") ? -1 : 1;
  const first = look.has("group-directories-first");
  entries.sort((a, b) => {
    if (first) {
      const d = Number(S_ISDIR(b.st.mode)) - Number(S_ISDIR(a.st.mode));
      if (d !== 0) return sign * d;
    }
    let d = 0;
    if (look.sort === "S") d = b.st.size - a.st.size;
    else if (look.sort === "t") {
      const [ta, tb] = [sortTime(look, a.st), sortTime(look, b.st)];
      d = tb.sec - ta.sec || tb.nsec - ta.nsec;
    } else if (look.sort === "v") d = strverscmp(a.name, b.name);
    else if (look.sort === "X") d = compareNames(extension(a.name), extension(b.name));
    return sign * (d || compareNames(a.name, b.name));
  });
}

function shownName(e: Entry, look: Look): string {
  const name = printable(e.name);
  return look.has("Q") ? `"${name.replace(/["\\]/g, "\\$&")}"` : name;
}

/** Inode and blocks in front of a name. */
function prefix(e: Entry, look: Look): string {
  let s = "";
  if (look.has("i")) s += `${String(e.st.ino).padStart(7)} `;
  if (look.has("s")) {
    const blocks = look.human
      ? humanSize(e.st.blocks, 512).padStart(7)
      : String(Math.floor(e.st.blocks / 2)).padStart(6);
    s += `${blocks} `;
  }
  return s;
}

function colored(text: string, mode: number | undefined, look: Look): string {
  return look.color ? paint(text, mode) : text;
}

/** The letter -F or -p puts behind a name. */
function mark(mode: number, look: Look): string {
  if (look.has("F")) return indicator(mode);
  return look.has("p") && S_ISDIR(mode) ? "/" : "";
}

function longLine(p: Process, e: Entry, look: Look): string {
  const { st } = e;
  const id = (names: ReadonlyMap<number, string>, n: number): string =>
    (look.numeric ? String(n) : (names.get(n) ?? String(n)).slice(0, 8)).padEnd(8);
  let s = `${prefix(e, look)}${modeString(st.mode)} ${String(st.nlink).padStart(4)} `;
  if (look.owner) s += `${id(look.users, st.uid)} `;
  s += `${id(look.groups, st.gid)} `;
  if (S_ISCHR(st.mode) || S_ISBLK(st.mode))
    s += `${String(major(st.rdev)).padStart(4)},${String(minor(st.rdev)).padStart(4)} `;
  else if (look.human) s += `${humanSize(st.size).padStart(7)} `;
  else s += `${String(st.size).padStart(9)} `;
  const { sec } = sortTime(look, st);
  if (look.has("full-time")) s += look.clock.full(sec);
  else {
    const age = look.now - sec;
    s += age > -900 && age < HALF_YEAR_S ? look.clock.recent(sec) : look.clock.old(sec);
  }
  s += ` ${colored(shownName(e, look), st.mode, look)}`;
  if (!S_ISLNK(st.mode)) return s + mark(st.mode, look);
  let target: string;
  try {
    target = readlink(p.sys, e.path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return s;
  }
  const to = look.has("F") || look.has("p") || look.color ? tryStat(p.sys, e.path) : undefined;
  const text = colored(printable(target), to?.mode, look);
  return `${s} -> ${text}${to === undefined ? "" : mark(to.mode, look)}`;
}

function* printEntries(p: Process, entries: readonly Entry[], look: Look): Steps<void> {
  const put = (s: string) => p.stdout.puts(s);
  if (look.format === "l" || look.format === "1") {
    for (const e of entries) {
      const line =
        look.format === "l"
          ? longLine(p, e, look)
          : prefix(e, look) + colored(shownName(e, look), e.st.mode, look) + mark(e.st.mode, look);
      const w = put(`${line}\n`);
      if (w) yield* w;
    }
    return;
  }
  const widths = entries.map((e) => textWidth(shownName(e, look)));
  let columnWidth = widths.reduce((most, n) => Math.max(most, n), 0) + 2;
  if (look.has("s")) columnWidth += 5;
  if (look.has("i")) columnWidth += 8;
  const count = Math.max(1, Math.floor(look.width / columnWidth));
  const rows = Math.ceil(entries.length / count);
  for (let row = 0; row < rows; row++) {
    let line = "";
    let pad = 0;
    for (let column = 0; column < count; column++) {
      const i = look.format === "C" ? column * rows + row : row * count + column;
      const e = entries[i];
      if (e === undefined) break;
      const text = prefix(e, look);
      const end = mark(e.st.mode, look);
      line += " ".repeat(pad) + text + colored(shownName(e, look), e.st.mode, look) + end;
      pad = Math.max(1, columnWidth - text.length - (widths[i] as number) - end.length);
    }
    const w = put(`${line}\n`);
    if (w) yield* w;
  }
}

/** Entries of a directory, and whether all could be had; what could not is complained about. */
function* entriesOf(p: Process, dir: string, look: Look): Steps<[Entry[], boolean]> {
  const entries: Entry[] = [];
  let ok = true;
  try {
    yield* withDir(p.sys, dir, function* (found) {
      const names = found.map((d) => d.name);
      if (look.all === "a") names.push(".", "..");
      for (const name of names) {
        if (name[0] === "." && look.all === "") continue;
        const path = joinPath(dir, name);
        const flags = look.has("L") ? 0 : AT_SYMLINK_NOFOLLOW;
        const st = p.sys.tryStatat(AT_FDCWD, path, flags);
        if (st instanceof Errno) {
          yield* p.warn(path, st);
          ok = false;
        } else entries.push({ name, path, st });
      }
    });
  } catch (e) {
    yield* p.warn(`can't open '${dir}'`, e);
    ok = false;
  }
  sortEntries(entries, look);
  return [entries, ok];
}

function total(entries: readonly Entry[], look: Look): string {
  const blocks = entries.reduce((n, e) => n + e.st.blocks, 0);
  if (!look.human) return `total ${Math.floor(blocks / 2)}\n`;
  // Whole units here, unlike everywhere else, and padded as the original does.
  let n = blocks / 2;
  let unit = 0;
  for (; n >= 1024; unit++) n /= 1024;
  return `total ${(Math.floor(n + 0.5) + (n === 0 ? "" : "KMGTPE".charAt(unit))).padEnd(7)}\n`;
}

class Lister {
  #first = true;
  ok = true;
  readonly #p: Process;
  readonly #look: Look;

  constructor(p: Process, look: Look) {
    this.#p = p;
    this.#look = look;
  }

  *files(entries: readonly Entry[]): Steps<void> {
    if (entries.length === 0) return;
    yield* printEntries(this.#p, entries, this.#look);
    this.#first = false;
  }

  *directories(dirs: readonly Entry[], headers: boolean, depth = 0): Steps<void> {
    const look = this.#look;
    for (const dir of dirs) {
      const [entries, ok] = yield* entriesOf(this.#p, dir.path, look);
      if (!ok) this.ok = false;
      let head = "";
      if (headers || look.has("R")) head = `${this.#first ? "" : "\n"}${dir.path}:\n`;
      this.#first = false;
      if (look.format === "l" || look.has("s")) head += total(entries, look);
      const w = this.#p.stdout.puts(head);
      if (w) yield* w;
      yield* printEntries(this.#p, entries, look);
      if (!look.has("R") || depth > 1000) continue;
      const below = entries.filter((e) => S_ISDIR(e.st.mode) && e.name !== "." && e.name !== "..");
      yield* this.directories(below, true, depth + 1);
    }
  }
}

function* lookOf(p: Process, opt: Options): Steps<Look> {
  const tty = isatty(p.sys, 1);
  const long = opt.has("full-time") || opt.has("g") || opt.has("n");
  const last = opt.lastOf("1Cxlgn");
  let format: Format = tty ? "C" : "1";
  if (last !== undefined) format = last === "g" || last === "n" ? "l" : (last as Format);
  if (last === undefined && long) format = "l";
  const time = opt.has("c") ? "ctime" : opt.has("u") ? "atime" : "mtime";
  let sort = opt.lastOf("tS") ?? (opt.has("v") ? "v" : opt.has("X") ? "X" : "");
  // Without -l, asking for another time sorts by it.
  if (sort === "" && time !== "mtime" && format !== "l") sort = "t";
  const color = opt.get("color");
  const given = opt.has("color");
  const db = new UserDb(p.sys);
  const names = format === "l" && !opt.has("n");
  const none = new Map<number, string>();
  return {
    format,
    all: opt.has("a") ? "a" : opt.has("A") ? "A" : "",
    width: opt.has("w") ? xatou(opt.get("w") as string) : columns(p.sys, 1, p.env) - 1,
    color: given
      ? color === undefined ||
        /^(always|yes|force)$/.test(color) ||
        (/^(auto|tty|if-tty)$/.test(color) && tty)
      : tty && p.env.get("TERM") !== "dumb",
    human: opt.has("h"),
    numeric: opt.has("n"),
    owner: !opt.has("g"),
    time,
    sort,
    has: (key) => opt.has(key),
    users: names ? yield* db.userNames() : none,
    groups: names ? yield* db.groupNames() : none,
    clock: yield* clock(p),
    now: p.sys.clock_gettime(0).sec,
  };
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "Cadi1lgnsxAkFpRQctuSXrvLHhT:w:", {
    long: {
      "full-time": "full-time",
      "group-directories-first": "group-directories-first",
      color: "color::",
    },
    last: ["aA"],
  });
  const look = yield* lookOf(p, opt);
  let status = 0;
  const files: Entry[] = [];
  const dirs: Entry[] = [];
  const names = opt.operands.length > 0 ? opt.operands : ["."];
  // A link to a directory on the command line is that directory, unless it is the link that is shown.
  const follows =
    opt.has("L") ||
    opt.has("H") ||
    !(look.format === "l" || opt.has("F") || opt.has("d") || opt.has("s") || opt.has("i"));
  for (const name of names) {
    let st = opt.has("L") || !follows ? undefined : tryStat(p.sys, name);
    if (st === undefined || (!S_ISDIR(st.mode) && !opt.has("H"))) {
      const found = p.sys.tryStatat(AT_FDCWD, name, opt.has("L") ? 0 : AT_SYMLINK_NOFOLLOW);
      if (found instanceof Errno) {
        yield* p.warn(name, found);
        status = 1;
        continue;
      }
      st = found;
    }
    const entry = { name, path: name, st };
    if (S_ISDIR(st.mode) && !opt.has("d")) dirs.push(entry);
    else
      files.push(
        opt.has("d") && !opt.has("L") ? { ...entry, st: tryLstat(p.sys, name) ?? st } : entry,
      );
  }
  sortEntries(files, look);
  sortEntries(dirs, look);
  const lister = new Lister(p, look);
  yield* lister.files(files);
  yield* lister.directories(dirs, names.length > 1);
  return lister.ok ? status : 1;
}

export const ls: Applet = {
  name: "ls",
  path: "/bin/ls",
  usage: `[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...

List FILEs and what is in directories

	-1	One name a line
	-a	Also names that begin with a dot
	-A	The same without . and ..
	-x	Columns, sorted across
	-C	Columns, sorted down
	-d	Directories themselves, not what is in them
	-L	Follow symbolic links
	-H	Follow those on the command line
	-R	Directories within directories too
	-p	Mark directories with /
	-F	Mark files with one of */=@|
	-Q	Quote names
	-l	Long format
	-g	Long format without owner
	-i	Inode numbers
	-n	Long format with numbers for names
	-s	Blocks taken
	-c	With -l: show ctime; else sort by it
	-u	With -l: show atime; else sort by it
	--full-time	Whole dates
	-h	Sizes for people (1K 243M 2G)
	--group-directories-first
	-S	Sort by size
	-X	Sort by extension
	-v	Sort by version
	-t	Sort by time
	-r	Reverse the order
	-w N	Columns for a width of N
	--color[={always,never,auto}]
`,
  main,
};
