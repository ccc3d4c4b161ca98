// vi's colon commands.
import type { Steps } from "../../../abi/program.ts";
import { decodeUtf8, encodeUtf8 } from "../../../lib/utf8.ts";
import { run } from "../../../libc/spawn.ts";
import { tryStat } from "../../../libc/unistd.ts";
import type { Pos } from "./buffer.ts";
import { loadFile, readLines, writeLines } from "./files.ts";
import { remove, type Span, yank } from "./operators.ts";
import { searchFrom } from "./search.ts";
import type { Vi, ViOptions } from "./state.ts";
import { lendScreen, rawOn, takeScreen } from "./terminal.ts";

/** What the command line has before the command. */
interface Range {
  /** Line numbers from 0; undefined where none was given. */
  from: number | undefined;
  to: number | undefined;
  rest: string;
}

/** A wrong address or command: the text is the complaint. */
class Bad {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const NAMES = [
  "!",
  "=",
  "delete",
  "edit",
  "file",
  "features",
  "help",
  "next",
  "prev",
  "quit",
  "read",
  "rewind",
  "set",
  "substitute",
  "version",
  "write",
  "wq",
  "wn",
  "x",
  "xit",
  "yank",
];

/** Does a command (the text behind the colon). */
export function* colon(vi: Vi, text: string): Steps<void> {
  let line = text.trimStart();
  while (line.startsWith(":")) line = line.slice(1).trimStart();
  if (line === "") return;
  try {
    const range = parseRange(vi, line);
    yield* execute(vi, range);
  } catch (e) {
    if (!(e instanceof Bad)) throw e;
    vi.complain(e.text);
  }
}

// ---- addresses -----------------------------------------------------------------------------------------

function parseRange(vi: Vi, line: string): Range {
  if (line.startsWith("%")) return { from: 0, to: vi.buf.last, rest: line.slice(1).trimStart() };
  let from: number | undefined;
  let to: number | undefined;
  let rest = line;
  let here = vi.cursor.row;
  for (;;) {
    const address = parseAddress(vi, rest, here);
    if (address.row !== undefined) {
      if (address.row > vi.buf.last || address.row < -1) throw new Bad("Invalid range");
      from = to;
      to = address.row;
    }
    rest = address.rest;
    const separator = rest.charAt(0);
    if (separator !== "," && separator !== ";") break;
    to ??= vi.cursor.row;
    if (separator === ";") here = to;
    rest = rest.slice(1);
  }
  if (to !== undefined && from !== undefined && from > to) throw new Bad("Invalid range");
  return { from: from ?? to, to, rest };
}

function parseAddress(
  vi: Vi,
  text: string,
  here: number,
): { row: number | undefined; rest: string } {
  let rest = text.trimStart();
  let row: number | undefined;
  const c = rest.charAt(0);
  const digits = /^[0-9]{1,9}/.exec(rest)?.[0];
  if (digits !== undefined) {
    row = Number(digits) - 1;
    rest = rest.slice(digits.length);
  } else if (c === "." || c === "$") {
    row = c === "." ? here : vi.buf.last;
    rest = rest.slice(1);
  } else if (c === "'") {
    const mark = vi.buf.marks.get(rest.charAt(1).toLowerCase());
    if (mark === undefined) throw new Bad("Mark not set");
    row = mark.row;
    rest = rest.slice(2);
  } else if (c === "/" || c === "?") {
    const end = rest.indexOf(c, 1);
    const pattern = end < 0 ? rest.slice(1) : rest.slice(1, end);
    rest = end < 0 ? "" : rest.slice(end + 1);
    row = findRow(vi, pattern, c === "/", here);
  }
  for (;;) {
    const m = /^[ \t]*([-+])([0-9]{0,9})/.exec(rest);
    if (m === null) break;
    const by = m[2] === "" ? 1 : Number(m[2]);
    row = (row ?? here) + (m[1] === "+" ? by : -by);
    rest = rest.slice(m[0].length);
  }
  return { row, rest: rest.trimStart() };
}

function findRow(vi: Vi, pattern: string, forward: boolean, here: number): number {
  const text = pattern === "" ? vi.search?.text : pattern;
  if (text === undefined) throw new Bad("No previous search");
  if (pattern !== "") vi.search = { forward, text };
  const line = vi.buf.line(here);
  const from: Pos = { row: here, col: forward ? line.length : 0 };
  const found = searchFrom(vi, from, text, forward);
  if (found === undefined) throw new Bad("Pattern not found");
  return found.row;
}

// ---- commands ------------------------------------------------------------------------------------------

function* execute(vi: Vi, range: Range): Steps<void> {
  const { rest } = range;
  const m = /^(!|=|[a-z]+)(!?)[ \t]*(.*)$/su.exec(rest);
  if (rest === "") {
    const row = Math.max(0, range.to ?? vi.cursor.row);
    vi.jump();
    vi.cursor = { row, col: vi.firstNonBlank(row) };
    return;
  }
  const word = m?.[1] ?? "";
  // "s/a/b/": the name may run into its arguments.
  if (/^s(?:u[a-z]*)?[^a-z \t]/.test(rest) && !rest.startsWith("s!")) {
    const name = /^s[a-z]*/.exec(rest)?.[0] as string;
    if ("substitute".startsWith(name)) return substitute(vi, range, rest.slice(name.length));
  }
  const name = NAMES.find((n) => n === word) ?? NAMES.find((n) => n.startsWith(word));
  const glued = /^[a-z]+[^a-z! \t]/.test(rest);
  if (m === null || name === undefined || glued) throw new Bad(`'${rest}' is not implemented`);
  const bang = m[2] === "!";
  const args = (m[3] as string).trimEnd();
  switch (name) {
    case "!":
      return yield* shell(vi, `${m[2]}${m[3]}`);
    case "=":
      return vi.say(String((range.to ?? vi.cursor.row) + 1));
    case "delete":
      return remove(vi, lines(vi, range));
    case "yank": {
      const span = lines(vi, range);
      yank(vi, span);
      const n = span.to.row - span.from.row + 1;
      return vi.say(
        `Yank ${n} lines (${vi.buf.encode(span.from.row, span.to.row).length} chars) into [D]`,
      );
    }
    case "set":
      return set(vi, args);
    case "version":
      return vi.say("1.36.1");
    case "features":
    case "help":
      return yield* features(vi);
    case "substitute":
      throw new Bad("No match");
    default:
      return yield* fileCommand(vi, name, bang, args, range);
  }
}

function lines(vi: Vi, range: Range): Span {
  const from = Math.max(0, range.from ?? vi.cursor.row);
  const to = Math.max(from, range.to ?? vi.cursor.row);
  return { from: { row: from, col: 0 }, to: { row: to, col: 0 }, linewise: true };
}

function needSaved(vi: Vi, bang: boolean, name: string): void {
  if (vi.buf.modified !== 0 && !bang) {
    throw new Bad(`No write since last change (:${name}! overrides)`);
  }
}

function* fileCommand(
  vi: Vi,
  name: string,
  bang: boolean,
  args: string,
  range: Range,
): Steps<void> {
  const more = vi.files.length - vi.at - 1;
  switch (name) {
    case "quit":
      needSaved(vi, bang, "q");
      if (more > 0 && !bang) throw new Bad(`${more} more file(s) to edit`);
      vi.leave = "quit";
      return;
    case "edit": {
      needSaved(vi, bang, "e");
      const path = args === "" ? vi.file : encodeUtf8(args);
      if (path === "") throw new Bad("No current filename");
      const isNew = tryStat(vi.p.sys, path) === undefined;
      yield* loadFile(vi, path, vi.readonly && path === vi.file);
      if (vi.message !== undefined) return;
      const total = vi.buf.lines.length;
      const size = vi.buf.encode(0, vi.buf.last).length;
      const readonly = vi.readonly ? " [Readonly]" : "";
      return vi.say(
        `'${decodeUtf8(path)}'${isNew ? " [New file]" : ""}${readonly} ${total}L, ${size}C`,
      );
    }
    case "file":
      if (args !== "") vi.file = encodeUtf8(args);
      return;
    case "next":
      needSaved(vi, bang, "n");
      if (more <= 0) throw new Bad("No more files to edit");
      vi.leave = "next";
      return;
    case "prev":
      needSaved(vi, bang, "p");
      if (vi.at === 0) throw new Bad("No previous files to edit");
      vi.at -= 2;
      vi.leave = "next";
      return;
    case "rewind":
      needSaved(vi, bang, "rew");
      vi.at = -1;
      vi.leave = "next";
      return;
    case "read":
      return yield* read(vi, args, range);
    default:
      return yield* write(vi, name, bang, args, range);
  }
}

function* read(vi: Vi, args: string, range: Range): Steps<void> {
  const path = args === "" ? vi.file : encodeUtf8(args);
  if (path === "") throw new Bad("No filename given");
  const got = yield* readLines(vi, path);
  if (got === undefined) return;
  const at = (range.to ?? vi.cursor.row) + 1;
  if (got.lines.length > 0) vi.buf.splice(at, 0, got.lines);
  vi.cursor = { row: Math.min(at, vi.buf.last), col: 0 };
  const readonly = vi.readonly && path === vi.file ? " [Readonly]" : "";
  vi.say(`'${decodeUtf8(path)}'${readonly} ${got.lines.length}L, ${got.bytes}C`);
}

function* write(vi: Vi, name: string, bang: boolean, args: string, range: Range): Steps<void> {
  const leaves = name !== "write";
  const path = args === "" ? vi.file : encodeUtf8(args);
  if (path === "") throw new Bad("No current filename");
  // A text without a name takes the first one it gets.
  if (vi.file === "" && (bang || tryStat(vi.p.sys, path) === undefined)) vi.file = path;
  const other = path !== vi.file;
  if ((name === "x" || name === "xit") && vi.buf.modified === 0 && !other) {
    return leave(vi, bang, false);
  }
  if (other && !bang && tryStat(vi.p.sys, path) !== undefined) {
    throw new Bad("File exists (:w! overrides)");
  }
  if (!other && vi.readonly && !bang) throw new Bad(`'${decodeUtf8(path)}' is read only`);
  const from = Math.max(0, range.from ?? 0);
  const to = range.to === undefined ? vi.buf.last : Math.max(from, range.to);
  const whole = from === 0 && to === vi.buf.last;
  if (!(yield* writeLines(vi, path, from, to))) return;
  if (whole && !other) vi.buf.modified = 0;
  if (leaves) leave(vi, bang, name === "wn");
}

function leave(vi: Vi, bang: boolean, next: boolean): void {
  const more = vi.files.length - vi.at - 1;
  if (next) {
    if (more <= 0) throw new Bad("No more files to edit");
    vi.leave = "next";
    return;
  }
  if (more > 0 && !bang) throw new Bad(`${more} more file(s) to edit`);
  vi.leave = "quit";
}

/** ZZ. */
export function* saveAndLeave(vi: Vi): Steps<void> {
  yield* colon(vi, "x");
}

function set(vi: Vi, args: string): void {
  if (args === "" || args === "all") {
    const flag = (name: string, on: boolean): string => (on ? name : `no${name}`);
    const o = vi.options;
    vi.complain(
      [
        flag("autoindent", o.autoindent),
        flag("expandtab", o.expandtab),
        flag("flash", o.flash),
        flag("ignorecase", o.ignorecase),
        flag("showmatch", o.showmatch),
        `tabstop=${o.tabstop}`,
      ].join(" "),
    );
    return;
  }
  const short: Readonly<Record<string, Exclude<keyof ViOptions, "tabstop">>> = {
    ai: "autoindent",
    et: "expandtab",
    fl: "flash",
    ic: "ignorecase",
    sm: "showmatch",
  };
  for (const word of args.split(/[ \t]+/)) {
    const stop = /^(?:tabstop|ts)=([0-9]{1,5})$/.exec(word);
    if (stop !== null) {
      const n = Number(stop[1]);
      if (n < 1 || n > 32) throw new Bad(`bad option: ${word}`);
      vi.options.tabstop = n;
      vi.screen.forget();
      continue;
    }
    const off = word.startsWith("no");
    const name = off ? word.slice(2) : word;
    const key = short[name] ?? Object.values(short).find((full) => full === name);
    if (key === undefined) throw new Bad(`bad option: ${word}`);
    vi.options[key] = !off;
  }
}

/** :s/find/replace/g over the range's lines; plain text, no patterns. */
function substitute(vi: Vi, range: Range, spec: string): void {
  const delimiter = spec.charAt(0);
  const [, find = "", replace, flags = ""] = spec.split(delimiter);
  if (replace === undefined) throw new Bad("No match");
  const text = find === "" ? vi.search?.text : find;
  if (text === undefined || text === "") throw new Bad("No previous search");
  vi.search = { forward: true, text };
  const { from, to } = lines(vi, range);
  const all = flags.startsWith("g");
  let last = -1;
  const changed: string[] = [];
  for (let row = from.row; row <= to.row; row++) {
    const line = vi.buf.line(row);
    const fresh = replaceIn(line, text, replace, all, vi.options.ignorecase);
    if (fresh !== line || line.includes(text)) last = row;
    changed.push(fresh);
  }
  if (last < 0) throw new Bad("No match");
  vi.buf.splice(from.row, changed.length, changed);
  vi.cursor = { row: last, col: vi.firstNonBlank(last) };
}

function replaceIn(line: string, find: string, fresh: string, all: boolean, fold: boolean): string {
  const hay = fold ? line.toLowerCase() : line;
  const needle = fold ? find.toLowerCase() : find;
  let out = "";
  let done = 0;
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, done)) {
    out += line.slice(done, at) + fresh;
    done = at + find.length;
    if (!all) break;
  }
  return out + line.slice(done);
}

/** Waits for a key after something was printed over the screen. */
function* hitReturn(vi: Vi): Steps<void> {
  yield* vi.screen.send("\x1b[7m[Hit return to continue]\x1b[m");
  const { idle } = vi.keys;
  vi.keys.idle = undefined;
  for (;;) {
    const key = yield* vi.keys.next();
    if (key === "\r" || key === "\n") break;
  }
  vi.keys.idle = idle;
}

/** A message that the status line has no room for: shown whole, until a key is hit. */
export function* longMessage(vi: Vi): Steps<void> {
  const text = vi.message?.text;
  if (text === undefined || text.length < vi.screen.columns) return;
  vi.message = undefined;
  yield* vi.screen.draw(vi);
  yield* vi.screen.send(`\x1b[${vi.screen.rows};1H\x1b[K${encodeUtf8(text)}`);
  yield* hitReturn(vi);
  vi.screen.forget();
}

function* shell(vi: Vi, text: string): Steps<void> {
  yield* lendScreen(vi);
  yield* run(vi.p, ["/bin/sh", "-c", encodeUtf8(text)]);
  yield* rawOn(vi);
  yield* hitReturn(vi);
  yield* takeScreen(vi);
}

function* features(vi: Vi): Steps<void> {
  yield* vi.screen.send(`\x1b[H\x1b[J${FEATURES.replaceAll("\n", "\r\n")}`);
  yield* hitReturn(vi);
  vi.screen.forget();
}

/** Printed by `:features`, `:help` and -H. */
export const FEATURES: string = `What this vi can do:
\tPattern searches with / and ?, for plain text
\tLast command repeat with .
\tLine marking with 'x
\tNamed registers with "x
\tReadonly with -R, and for files that may not be written
\tSettings with :set: ai et fl ic sm ts=N
\tUndo of any number of commands with u, of a line's changes with U
\tAdapts to the window's size; UTF-8
`;
