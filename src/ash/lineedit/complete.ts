// Tab completion: which word the cursor is in, what it may become, and how candidates are listed.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, X_OK } from "../../abi/fcntl.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { S_IFDIR, S_IFMT, S_IFREG } from "../../abi/stat.ts";
import { UserDb } from "../../libc/passwd.ts";
import { access, readDir } from "../../libc/unistd.ts";
import { textWidth } from "./prompt.ts";

/** What the shell knows and completion needs. */
export interface CompletionSource {
  /** $PATH. */
  path(): string | undefined;
  /** $HOME, for "~". */
  home(): string | undefined;
  /** Builtins, functions, aliases and keywords. */
  commands?(): Iterable<string>;
  /** Names for `$NAME`. */
  variables?(): Iterable<string>;
}

/** What Tab leads to. Offsets are in the byte string that was given. */
export interface Completion {
  /** Where the replaced part begins; it ends at the cursor. */
  from: number;
  /** What comes in its place: as much as all candidates share; the only one with its "/", quote, space. */
  text: string;
  /** What to list, sorted, directories with "/". */
  candidates: string[];
}

/** The part of a word that is being completed. */
interface Word {
  /** Offset of its first character. */
  start: number;
  /** Without quotes and backslashes. */
  value: string;
  /** An open quote, or "", and its offset. */
  quote: string;
  quoteAt: number;
  /** Does a command name stand here? */
  command: boolean;
  /** First word of the command, for cd. */
  first: string;
}

const KEYWORDS = /^(?:if|then|elif|else|while|until|do|!|\{|time|exec|command|builtin)$/;
/** Bounds what a huge directory can cost. */
const MAX_CANDIDATES = 20_000;

/** The word that ends at the cursor, where `text` ends. */
function lastWord(text: string): Word {
  let start = 0;
  let value = "";
  let quote = "";
  let quoteAt = 0;
  let open = false;
  let command = true;
  let first = "";
  const end = (): void => {
    if (!open) return;
    if (first === "" && command && !/^[A-Za-z_][A-Za-z0-9_]*=/.test(value)) {
      if (!KEYWORDS.test(value)) {
        first = value;
        command = false;
      }
    } else command = false;
    open = false;
    value = "";
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote !== "") {
      if (c === quote) quote = "";
      else if (c === "\\" && quote === '"' && /["\\$`]/.test(text.charAt(i + 1))) {
        value += text.charAt(++i);
      } else value += c;
      continue;
    }
    if (c === " " || c === "\t") {
      end();
    } else if (";|&(`".includes(c) || (c === "{" && !open)) {
      end();
      command = true;
      first = "";
    } else if (c === "<" || c === ">" || c === ")" || c === "}" || (c === "=" && first !== "")) {
      end();
      command = false;
    } else {
      if (!open) {
        start = i;
        open = true;
        value = "";
      }
      if (c === "\\" && i + 1 < text.length) value += text.charAt(++i);
      else if (c === "'" || c === '"') {
        quote = c;
        quoteAt = i;
      } else value += c;
    }
  }
  if (!open) start = text.length;
  const atCommand = command && first === "";
  return { start, value: open ? value : "", quote, quoteAt, command: atCommand, first };
}

/** Makes a name a word of the shell inside the given quotes. */
function quoted(name: string, quote: string): string {
  if (quote === "'") return name.replaceAll("'", "'\\''");
  if (quote === '"') return name.replace(/["\\$`]/g, "\\$&");
  return name.replace(/[ "#$&'()*;<>?[\\`{|~\t\n]/g, "\\$&");
}

/** What may stand at the end of `text`; undefined when there is nothing to offer. */
export function* complete(
  sys: Sys,
  source: CompletionSource,
  text: string,
): Steps<Completion | undefined> {
  const word = lastWord(text);
  const variable = /\$\{?([A-Za-z_][A-Za-z0-9_]*)?$/.exec(word.value);
  if (variable !== null && word.quote !== "'" && source.variables !== undefined) {
    const prefix = variable[1] ?? "";
    const names = [...source.variables()].filter((n) => n.startsWith(prefix));
    return finish(
      names,
      text.length - prefix.length,
      (s) => s,
      () => "",
    );
  }
  const slash = word.value.lastIndexOf("/") + 1;
  if (slash === 0 && word.value.startsWith("~") && word.quote === "") {
    return yield* users(sys, word);
  }
  const dir = word.value.slice(0, slash);
  const prefix = word.value.slice(slash);
  const where = yield* expandHome(sys, source, dir);
  const directoriesOnly = word.first === "cd" && !word.command;
  const names = new Map<string, boolean>();
  const executable = word.command;
  const onlyDirectories = directoriesOnly || (executable && slash === 0);
  yield* scan(sys, where === "" ? "." : where, prefix, names, {
    hidden: true,
    wanted: onlyDirectories ? "directories" : executable ? "executables" : "all",
  });
  if (slash === 0 && executable) {
    for (const part of (source.path() ?? "").split(":")) {
      yield* scan(sys, part === "" ? "." : part, prefix, names, {
        hidden: false,
        wanted: "commands",
      });
    }
    for (const name of source.commands?.() ?? []) {
      if (name.startsWith(prefix)) names.set(name, false);
    }
  }
  // The last part of the path is written anew, with its open quote if that is in it.
  const from = slash === 0 ? word.start : text.lastIndexOf("/") + 1;
  const lead = word.quote !== "" && word.quoteAt >= from ? word.quote : "";
  return finish(
    Array.from(names, ([name, isDir]) => (isDir ? `${name}/` : name)),
    from,
    (s) => lead + quoted(s, word.quote),
    (s) => (s.endsWith("/") ? "" : `${word.quote} `),
  );
}

function finish(
  candidates: string[],
  from: number,
  quoteName: (s: string) => string,
  ending: (s: string) => string,
): Completion | undefined {
  if (candidates.length === 0) return undefined;
  candidates.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const only = candidates.length === 1 ? (candidates[0] as string) : undefined;
  if (only !== undefined) return { from, text: quoteName(only) + ending(only), candidates };
  return { from, text: quoteName(sharedPrefix(candidates)), candidates };
}

/** The prefix that sorted candidates share, not ending inside a UTF-8 character. */
function sharedPrefix(sorted: readonly string[]): string {
  const a = sorted[0] as string;
  const b = sorted.at(-1) as string;
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  while (n > 0 && n < a.length && (a.charCodeAt(n) & 0xc0) === 0x80) n--;
  return a.slice(0, n);
}

function* users(sys: Sys, word: Word): Steps<Completion | undefined> {
  const prefix = word.value.slice(1);
  const names: string[] = [];
  try {
    const entries = yield* new UserDb(sys).users();
    for (const u of entries) {
      if (u.name.startsWith(prefix)) names.push(`~${u.name}/`);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  return finish(
    [...new Set(names)],
    word.start,
    (s) => s,
    () => "",
  );
}

/** "~/" and "~user/" at the start of a directory. */
function* expandHome(sys: Sys, source: CompletionSource, dir: string): Steps<string> {
  if (!dir.startsWith("~")) return dir;
  const slash = dir.indexOf("/");
  const name = dir.slice(1, slash);
  if (name === "") return (source.home() ?? "") + dir.slice(slash);
  try {
    const user = yield* new UserDb(sys).getpwnam(name);
    return user === undefined ? dir : user.dir + dir.slice(slash);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return dir;
  }
}

interface ScanRules {
  hidden: boolean;
  /** "commands" are executables that are no directories; "executables" may be directories. */
  wanted: "all" | "directories" | "executables" | "commands";
}

/** Adds the names in a directory that begin with the prefix; the value tells directories. */
function* scan(
  sys: Sys,
  dir: string,
  prefix: string,
  names: Map<string, boolean>,
  rules: ScanRules,
): Steps<void> {
  try {
    const entries = yield* readDir(sys, dir);
    for (const entry of entries) {
      const name = entry.name;
      if (!name.startsWith(prefix) || names.size >= MAX_CANDIDATES) continue;
      if (name.startsWith(".") && !rules.hidden) continue;
      const path = `${dir}/${name}`;
      const st = sys.tryStatat(AT_FDCWD, path, 0);
      const type = st instanceof Errno ? 0 : st.mode & S_IFMT;
      const isDir = type === S_IFDIR;
      if (rules.wanted === "directories" && !isDir) continue;
      if (rules.wanted === "commands" && type !== S_IFREG) continue;
      if ((rules.wanted === "commands" || rules.wanted === "executables") && !isDir) {
        if (!access(sys, path, X_OK)) continue;
      }
      names.set(name, isDir);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** Candidates in columns, as wide as the window allows, filled downwards; a line each row. */
export function listing(candidates: readonly string[], columns: number): string {
  const widths = candidates.map(textWidth);
  const width = Math.max(...widths.slice(0, MAX_CANDIDATES)) + 2;
  const across = Math.max(1, Math.floor(columns / width));
  const rows = Math.ceil(candidates.length / across);
  let out = "";
  for (let row = 0; row < rows; row++) {
    for (let i = row; i < candidates.length; i += rows) {
      const text = candidates[i] as string;
      const last = i + rows >= candidates.length;
      out += last ? text : text + " ".repeat(width - (widths[i] as number));
    }
    out += "\n";
  }
  return out;
}
