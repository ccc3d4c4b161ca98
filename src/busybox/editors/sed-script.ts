// The text of a sed script as a list of commands (POSIX sed; `addr,+N`, `T` and one-line a, i, c as in GNU).
import { die } from "../../libc/process.ts";
import {
  REG_EXTENDED,
  REG_ICASE,
  type Regex,
  RegexError,
  regcomp,
} from "../../libc/regex/regex.ts";

/** An address; a regex of "last" is the one used last when the script runs. */
export type Address =
  | { readonly type: "line"; readonly line: number }
  | { readonly type: "last" }
  | { readonly type: "plus"; readonly count: number }
  | { readonly type: "regex"; readonly regex: Regex | undefined };

/** What `s` puts in: text, or the number of a group. */
export type Replacement = readonly (string | number)[];

export interface Substitution {
  /** undefined: the regex used last. */
  regex: Regex | undefined;
  /** Its source, "" for the last used. */
  pattern: string;
  parts: Replacement;
  /** Which match: 0 all of them, 1 the first. */
  which: number;
  print: boolean;
  file: string | undefined;
}

export interface Command {
  from: Address | undefined;
  to: Address | undefined;
  negated: boolean;
  name: string;
  /** Text of a, i, c; name of a file; label. */
  text: string;
  substitution?: Substitution;
  /** Table of `y`. */
  map?: Map<string, string>;
  /** Index of the `}` that closes a `{`, or -1. */
  close: number;
}

const MAX_COMMANDS = 100_000;

export class ScriptReader {
  readonly #s: string;
  readonly #extended: boolean;
  readonly #utf8: boolean;
  #at = 0;

  constructor(script: string, extended: boolean, utf8: boolean) {
    this.#s = script;
    this.#extended = extended;
    this.#utf8 = utf8;
  }

  #regcomp(pattern: string, icase: boolean): Regex | undefined {
    if (pattern === "") return undefined;
    try {
      const flags = (this.#extended ? REG_EXTENDED : 0) | (icase ? REG_ICASE : 0);
      return regcomp(pattern, flags, { utf8: this.#utf8 });
    } catch (e) {
      if (!(e instanceof RegexError)) throw e;
      return die(`bad regex '${pattern}': ${e.message}`);
    }
  }

  /** The text up to the delimiter, which is passed; in a regex, brackets hide it. */
  #delimited(delimiter: string, regex: boolean): string {
    const s = this.#s;
    const start = this.#at;
    for (let i = start; i < s.length; i++) {
      const c = s[i];
      if (c === delimiter) {
        this.#at = i + 1;
        return s.slice(start, i);
      }
      if (c === "\\") i++;
      else if (c === "\n" && regex) break;
      else if (c === "[" && regex) {
        i++;
        if (s[i] === "^") i++;
        if (s[i] === "]") i++;
        for (; i < s.length && s[i] !== "]"; i++) {
          const kind = s[i + 1];
          if (s[i] !== "[" || kind === undefined || !".:=".includes(kind)) continue;
          const end = s.indexOf(`${kind}]`, i + 2);
          if (end < 0) break;
          i = end + 1;
        }
      }
    }
    return die(`unmatched '${delimiter}'`);
  }

  /** A regex source: an escaped delimiter is itself, \n \t \r stand for their characters. */
  #pattern(delimiter: string): string {
    const text = this.#delimited(delimiter, true);
    return text.replace(/\\([\s\S])/g, (whole, c: string) => {
      if (c === "n") return "\n";
      if (c === "t") return "\t";
      if (c === "r") return "\r";
      return c === delimiter ? c : whole;
    });
  }

  #address(): Address | undefined {
    const s = this.#s;
    const c = s[this.#at];
    if (c === "$") {
      this.#at++;
      return { type: "last" };
    }
    const digits = /[0-9]+/y;
    digits.lastIndex = this.#at;
    const number = digits.exec(s);
    if (number !== null) {
      this.#at = digits.lastIndex;
      return { type: "line", line: Number(number[0]) };
    }
    if (c !== "/" && c !== "\\") return undefined;
    if (c === "\\") this.#at++;
    const delimiter = s.charAt(this.#at++);
    if (delimiter === "" || delimiter === "\n") return die("unmatched '\n'");
    const pattern = this.#pattern(delimiter);
    return { type: "regex", regex: this.#regcomp(pattern, false) };
  }

  #end(): Address {
    const plus = /\+([0-9]+)/y;
    plus.lastIndex = this.#at;
    const m = plus.exec(this.#s);
    if (m !== null) {
      this.#at = plus.lastIndex;
      return { type: "plus", count: Number(m[1]) };
    }
    return this.#address() ?? die("no address after comma");
  }

  #skip(chars: RegExp): void {
    const re = new RegExp(chars, "y");
    re.lastIndex = this.#at;
    if (re.test(this.#s)) this.#at = re.lastIndex;
  }

  #restOfLine(): string {
    const end = this.#s.indexOf("\n", this.#at);
    const text = this.#s.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#s.length : end + 1;
    return text;
  }

  #file(): string {
    this.#skip(/[ \t]*/);
    const name = this.#restOfLine();
    return name === "" ? die("empty filename") : name;
  }

  /** Text of a, i, c: to the end of a line without a backslash before it. */
  #text(): string {
    const s = this.#s;
    this.#skip(/[ \t]*/);
    if (s[this.#at] === "\\") {
      this.#at++;
      if (s[this.#at] === "\n") this.#at++;
      else this.#skip(/[ \t]*\n/);
    }
    let end = this.#at;
    while (end < s.length && s[end] !== "\n") end += s[end] === "\\" ? 2 : 1;
    const raw = s.slice(this.#at, end);
    this.#at = Math.min(end + 1, s.length);
    return resolveEscapes(raw);
  }

  #substitution(): Substitution {
    const delimiter = this.#s.charAt(this.#at++);
    if (delimiter === "" || delimiter === "\n" || delimiter === "\\")
      die("bad format in substitution expression");
    const pattern = this.#pattern(delimiter);
    const parts = replacement(this.#delimited(delimiter, false), delimiter);
    const out: Substitution = {
      regex: undefined,
      pattern,
      parts,
      which: 1,
      print: false,
      file: undefined,
    };
    let icase = false;
    for (;;) {
      const c = this.#s[this.#at];
      if (c === undefined || "\n;#}".includes(c)) break;
      this.#at++;
      if (c === " " || c === "\t") continue;
      if (c >= "0" && c <= "9") {
        this.#at--;
        const digits = /[0-9]+/y;
        digits.lastIndex = this.#at;
        out.which = Number(digits.exec(this.#s)?.[0]) || 1;
        this.#at = digits.lastIndex;
      } else if (c === "g") out.which = 0;
      else if (c === "p") out.print = true;
      else if (c === "i" || c === "I") icase = true;
      else if (c === "w") {
        out.file = this.#file();
        break;
      } else die("bad option in substitution expression");
    }
    out.regex = this.#regcomp(pattern, icase);
    return out;
  }

  #map(): Map<string, string> {
    const delimiter = this.#s.charAt(this.#at++);
    if (delimiter === "" || delimiter === "\n" || delimiter === "\\")
      die("bad format in substitution expression");
    const read = (): string =>
      this.#delimited(delimiter, false).replace(/\\([\s\S])/g, (whole, c: string) =>
        c === delimiter ? c : (ESCAPES[c] ?? (c === "\\" ? c : whole)),
      );
    const from = read();
    const to = read();
    const map = new Map<string, string>();
    for (let i = 0; i < from.length && i < to.length; i++)
      if (!map.has(from.charAt(i))) map.set(from.charAt(i), to.charAt(i));
    return map;
  }

  /** All commands, blocks resolved. */
  commands(): Command[] {
    const out: Command[] = [];
    const open: number[] = [];
    for (;;) {
      this.#skip(/[\s;]*/);
      if (this.#at >= this.#s.length) return out;
      if (this.#s[this.#at] === "#") {
        this.#restOfLine();
        continue;
      }
      const command = this.#command();
      if (command.name === "{") open.push(out.length);
      else if (command.name === "}") {
        const at = open.pop();
        if (at !== undefined) (out[at] as Command).close = out.length;
      }
      if (out.push(command) > MAX_COMMANDS) die("out of memory");
    }
  }

  #command(): Command {
    const command: Command = {
      from: this.#address(),
      to: undefined,
      negated: false,
      name: "",
      text: "",
      close: -1,
    };
    if (command.from !== undefined && this.#s[this.#at] === ",") {
      this.#at++;
      command.to = this.#end();
    }
    // There is no line 0: alone it is no address at all.
    if (command.to === undefined && command.from?.type === "line" && command.from.line === 0)
      command.from = undefined;
    this.#skip(/[ \t\v\f\r\n]*/);
    if (this.#s[this.#at] === "!") {
      command.negated = true;
      this.#at++;
      this.#skip(/[ \t\v\f\r\n]*/);
    }
    const name = this.#s.charAt(this.#at++);
    command.name = name;
    switch (name) {
      case "":
        return die("missing command");
      case "a":
      case "i":
      case "c":
        command.text = this.#text();
        break;
      case ":":
        this.#skip(/[ \t]*/);
        command.text = this.#word(/[^\s;]*/y);
        break;
      case "b":
      case "t":
      case "T":
        this.#skip(/[ \t]*/);
        command.text = this.#word(/[^\s;]*/y);
        break;
      case "r":
      case "w":
        command.text = this.#file();
        break;
      case "s":
        command.substitution = this.#substitution();
        break;
      case "y":
        command.map = this.#map();
        break;
      default:
        if (!"{}=dDgGhHlnNpPqx".includes(name)) die(`unsupported command ${name}`);
    }
    return command;
  }

  #word(re: RegExp): string {
    const sticky = new RegExp(re);
    sticky.lastIndex = this.#at;
    const text = sticky.exec(this.#s)?.[0] ?? "";
    this.#at += text.length;
    return text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** Text with its escapes resolved; other backslashes vanish, but for one at the end of the script. */
function resolveEscapes(text: string): string {
  return text.replace(/\\([\s\S]?)/g, (_, c: string) => (c === "" ? "\n" : (ESCAPES[c] ?? c)));
}

function replacement(text: string, delimiter: string): Replacement {
  const parts: (string | number)[] = [];
  let literal = "";
  const group = (n: number): void => {
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(n);
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "&") group(0);
    else if (c !== "\\") literal += c;
    else {
      const next = text.charAt(++i);
      if (next >= "0" && next <= "9" && next !== delimiter) group(Number(next));
      else literal += ESCAPES[next] ?? next;
    }
  }
  if (literal !== "" || parts.length === 0) parts.push(literal);
  return parts;
}
