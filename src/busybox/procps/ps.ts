// ps: a list of processes (POSIX ps -o; the rest as BusyBox has it)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { winsize } from "../../libc/termios.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { cmdline, HZ, type Proc, scanProcs, shownArgs } from "../libbb/procps.ts";

/** Longest line where the output is no terminal. */
const LINE_MAX = 2048;

interface Names {
  users: ReadonlyMap<number, string>;
  groups: ReadonlyMap<number, string>;
  /** Seconds since the start of the system. */
  uptime: number;
}

interface Column {
  name: string;
  title: string;
  width: number;
  /** `status` is the text of /proc/PID/status, for the columns that ask for it. */
  show(proc: Proc, names: Names, more: string): string;
}

/** Minutes and seconds, hours and minutes, or days and hours, in five characters. */
export function formatTime(seconds: number): string {
  const two = (n: number): string => String(Math.floor(n)).padStart(2);
  const zero = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  if (seconds < 3600) return `${two(seconds / 60)}:${zero(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 24) return `${two(hours)}h${zero((seconds % 3600) / 60)}`;
  const days = Math.floor(hours / 24);
  return days < 100 ? `${two(days)}d${zero(hours % 24)}` : `${String(days).padStart(4)}d`;
}

/** KiB in four characters: "9999", "9.7m", " 97m", "100g". */
export function size4(kib: number): string {
  if (kib < 10000) return String(kib).padStart(4);
  let n = kib;
  for (const unit of "mgtp") {
    n /= 1024;
    // Tenths and whole numbers are cut, not rounded.
    if (n < 10) return `${Math.floor(n)}.${Math.floor(n * 10) % 10}${unit}`;
    if (n < 1000) return `${String(Math.floor(n)).padStart(3)}${unit}`;
  }
  return "huge";
}

/** Real ids out of /proc/PID/status. */
function realId(status: string, field: string): number | undefined {
  const m = new RegExp(`^${field}:\\s*([0-9]+)`, "m").exec(status);
  return m === null ? undefined : Number(m[1]);
}

function nameOf(names: ReadonlyMap<number, string>, id: number): string {
  return names.get(id) ?? String(id);
}

function ttyName(dev: number): string {
  if (dev === 0) return "?";
  const major = (dev >> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  return `${major},${minor}`;
}

function stateText(proc: Proc): string {
  const swapped = proc.rss === 0 && proc.state !== "Z" ? "W" : "";
  const nice = proc.nice < 0 ? "<" : proc.nice > 0 ? "N" : "";
  if (swapped !== "") return `${proc.state}${swapped}${nice || " "}`;
  return nice === "" ? `${proc.state}  ` : `${proc.state}${nice} `;
}

const five = (n: number): string => String(n).padStart(5);

const COLUMNS: readonly Column[] = [
  { name: "user", title: "USER", width: 8, show: (q, n) => nameOf(n.users, q.uid) },
  { name: "group", title: "GROUP", width: 8, show: (q, n) => nameOf(n.groups, q.gid) },
  { name: "comm", title: "COMMAND", width: 16, show: (q) => q.comm },
  { name: "args", title: "COMMAND", width: LINE_MAX, show: (q, _, raw) => shownArgs(raw, q.comm) },
  { name: "pid", title: "PID", width: 5, show: (q) => five(q.pid) },
  { name: "ppid", title: "PPID", width: 5, show: (q) => five(q.ppid) },
  { name: "pgid", title: "PGID", width: 5, show: (q) => five(q.pgid) },
  {
    name: "etime",
    title: "ELAPSED",
    width: 7,
    show: (q, n) => formatTime(Math.max(0, Math.floor(n.uptime - q.start / HZ))),
  },
  { name: "nice", title: "NI", width: 5, show: (q) => five(q.nice) },
  {
    name: "rgroup",
    title: "RGROUP",
    width: 8,
    show: (q, n, status) => nameOf(n.groups, realId(status, "Gid") ?? q.gid),
  },
  {
    name: "ruser",
    title: "RUSER",
    width: 8,
    show: (q, n, status) => nameOf(n.users, realId(status, "Uid") ?? q.uid),
  },
  {
    name: "time",
    title: "TIME",
    width: 5,
    show: (q) => formatTime(Math.floor((q.utime + q.stime) / HZ)),
  },
  { name: "tty", title: "TT", width: 6, show: (q) => ttyName(q.tty) },
  { name: "vsz", title: "VSZ", width: 4, show: (q) => size4(q.vsz) },
  { name: "sid", title: "SID", width: 5, show: (q) => five(q.sid) },
  { name: "stat", title: "STAT", width: 4, show: stateText },
  { name: "rss", title: "RSS", width: 4, show: (q) => size4(q.rss) },
];

/** Columns of one -o argument: "pid,comm=NAME". */
function parseColumns(text: string): Column[] {
  return text.split(",").map((part) => {
    const eq = part.indexOf("=");
    const name = eq < 0 ? part : part.slice(0, eq);
    const column = COLUMNS.find((c) => c.name === name);
    if (column === undefined) {
      const all = COLUMNS.map((c) => c.name).join(",");
      return die(`bad -o argument '${name}', supported arguments: ${all}`);
    }
    if (eq < 0) return column;
    const title = part.slice(eq + 1);
    return { ...column, title, width: title === "" ? column.width : title.length };
  });
}

/** The line of all columns, the last one as long as it is; arguments leave no room for what follows. */
function line(columns: readonly Column[], cells: readonly string[], limit: number): string {
  let out = "";
  for (const [i, column] of columns.entries()) {
    const cell = (cells[i] as string).slice(0, column.width);
    const last = i === columns.length - 1 || column.width === LINE_MAX;
    out += last ? cell : `${cell.padEnd(column.width)} `;
    if (last || out.length >= limit) break;
  }
  return `${out.slice(0, limit)}\n`;
}

function* main(p: Process): Steps<number> {
  // All that other systems' ps knows is taken and means nothing.
  const opt = getopt(p, "o:TZaedfl");
  const columns = opt.has("o")
    ? opt.all("o").flatMap(parseColumns)
    : parseColumns("pid,user").concat(
        { ...(COLUMNS.find((c) => c.name === "time") as Column) },
        parseColumns("args"),
      );
  const db = new UserDb(p.sys);
  const names: Names = {
    users: yield* db.userNames(),
    groups: yield* db.groupNames(),
    uptime: p.sys.sysinfo().uptime,
  };
  const limit = Math.min(winsize(p.sys, 1)?.cols ?? LINE_MAX, LINE_MAX);
  if (columns.some((c) => c.title !== "")) {
    const w = p.stdout.puts(
      line(
        columns,
        columns.map((c) => c.title),
        limit,
      ),
    );
    if (w) yield* w;
  }
  const wantArgs = columns.some((c) => c.name === "args");
  const wantReal = columns.some((c) => c.name === "ruser" || c.name === "rgroup");
  const found = yield* scanProcs(p.sys, opt.has("T"));
  for (const proc of found) {
    const raw = wantArgs ? yield* cmdline(p.sys, proc.dir) : "";
    const status = wantReal ? ((yield* readText(p.sys, `${proc.dir}/status`)) ?? "") : "";
    const cells = columns.map((c) => c.show(proc, names, c.name === "args" ? raw : status));
    const w = p.stdout.puts(line(columns, cells, limit));
    if (w) yield* w;
  }
  return 0;
}

export const ps: Applet = {
  name: "ps",
  path: "/bin/ps",
  usage: `[-o COL1,COL2=HEADER] [-T]

List the processes

	-o COL1,COL2=HEADER	Columns to show
	-T			Threads too
`,
  main,
};
