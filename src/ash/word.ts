// Words as strings (POSIX XCU 2.6): tildes, parameters and their operations, arithmetic.
//
// A word becomes a closure once; running it costs no scan of its text. It is `pure` when it can not have
// to wait (no substitution of commands in it); what it returns is then never Steps.
import type { Blocking, Steps } from "../abi/program.ts";
import { utf8Length } from "../lib/utf8.ts";
import { UserDb } from "../libc/passwd.ts";
import { type Arith, type ArithEnv, ArithError, compileArith, formatArith } from "./arith.ts";
import type { Node, Part, Word } from "./nodes.ts";
import { escapePattern, patternMemo, replacePattern, trimPrefix, trimSuffix } from "./pattern.ts";
import type { Shell } from "./shell.ts";
import { DYNAMIC, type Var } from "./var.ts";

/** A word that gives one string. */
export interface StringWord {
  pure: boolean;
  run: (sh: Shell) => Blocking<string>;
  /** The value, where it is always the same. */
  constant: string | undefined;
}

/** A word that gives any number of arguments, appended to `out`. */
export interface FieldsWord {
  pure: boolean;
  run: (sh: Shell, out: string[]) => Blocking<void>;
  constant: string | undefined;
}

/** What words need of the rest of the shell. */
export interface WordHost {
  /** `$(...)`: the output of the commands. */
  substitute(body: Node | null): (sh: Shell) => Blocking<string>;
  /** `<(...)`: the name of the pipe's other end. */
  process(body: Node | null, out: boolean): (sh: Shell) => Blocking<string>;
}

export type Str = (sh: Shell) => string;
export type BStr = (sh: Shell) => Blocking<string>;

/** A part compiled to a string. */
export interface StrPart {
  pure: boolean;
  run: BStr;
  constant: string | undefined;
}

/** Parts with tildes taken out of the literals. */
export type TildePart = Part | { t: "tilde"; user: string };

export const PLAIN = 0;
export const PATTERN = 1;
type Mode = typeof PLAIN | typeof PATTERN;

/** How tildes are seen: not at all, at the beginning, or after colons too (assignments). */
export const TILDE_NONE = 0;
export const TILDE_START = 1;
export const TILDE_ASSIGN = 2;

// ---- tildes ----------------------------------------------------------------------------------------

export function splitTildes(parts: readonly Part[], how: number): readonly TildePart[] {
  if (how === TILDE_NONE) return parts;
  const some = parts.some((p) => p.t === "lit" && !p.q && p.s.includes("~"));
  if (!some) return parts;
  const out: TildePart[] = [];
  let atStart = true;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part;
    if (part.t !== "lit" || part.q) {
      out.push(part);
      atStart = false;
      continue;
    }
    const pieces = how === TILDE_ASSIGN ? part.s.split(":") : [part.s];
    for (let k = 0; k < pieces.length; k++) {
      const piece = pieces[k] as string;
      const colon = k > 0 ? ":" : "";
      if (piece.startsWith("~") && (k > 0 || atStart)) {
        const slash = piece.indexOf("/");
        // Quoted or substituted text right behind it makes the tilde an ordinary character.
        const cut = slash < 0 && k === pieces.length - 1 && i < parts.length - 1;
        if (!cut) {
          if (colon !== "") out.push({ t: "lit", s: colon, q: false });
          const user = slash < 0 ? piece.slice(1) : piece.slice(1, slash);
          out.push({ t: "tilde", user });
          if (slash >= 0) out.push({ t: "lit", s: piece.slice(slash), q: false });
          continue;
        }
      }
      if (colon + piece !== "") out.push({ t: "lit", s: colon + piece, q: false });
    }
    atStart = false;
  }
  return out;
}

function compileTilde(user: string): StrPart {
  if (user === "") {
    return { pure: true, constant: undefined, run: (sh) => sh.get("HOME") ?? "~" };
  }
  return { pure: false, constant: undefined, run: (sh) => homeOf(sh, user) };
}

function* homeOf(sh: Shell, user: string): Steps<string> {
  const entry = yield* new UserDb(sh.sys).getpwnam(user);
  return entry === undefined ? `~${user}` : entry.dir;
}

// ---- values of parameters --------------------------------------------------------------------------

export type Value = (sh: Shell) => string | undefined;

function isVariable(name: string): boolean {
  const c = name.charCodeAt(0);
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
}

/** Reads a variable through its cell, which is looked up when the table is another than before. */
export function compileValue(name: string): Value {
  if (isVariable(name)) {
    let stamp: object | undefined;
    let cell: Var | undefined;
    return (sh) => {
      if (sh.vars.stamp !== stamp || cell === undefined) {
        cell = sh.vars.get(name);
        stamp = sh.vars.stamp;
        if (cell === undefined) return undefined;
      }
      return (cell.flags & DYNAMIC) === 0 ? cell.value : sh.varRead(name);
    };
  }
  if (/^[1-9][0-9]*$/.test(name)) {
    const index = Number(name) - 1;
    return (sh) => sh.params[index];
  }
  if (name === "?") return (sh) => String(sh.status);
  return (sh) => sh.special(name);
}

export function unset(sh: Shell, name: string): string {
  if (sh.opts.nounset && name !== "@" && name !== "*") {
    throw sh.error(`${name}: parameter not set`);
  }
  return "";
}

// ---- strings ---------------------------------------------------------------------------------------

function constantPart(s: string): StrPart {
  return { pure: true, constant: s, run: () => s };
}

function concatParts(parts: readonly StrPart[]): StrPart {
  const joined: StrPart[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as StrPart;
    const last = joined[joined.length - 1];
    if (part.constant !== undefined && last !== undefined && last.constant !== undefined) {
      joined[joined.length - 1] = constantPart(last.constant + part.constant);
    } else joined.push(part);
  }
  if (joined.length === 0) return constantPart("");
  if (joined.length === 1) return joined[0] as StrPart;
  const [a, b, c] = joined;
  if (joined.every((p) => p.pure)) {
    const runs = joined.map((p) => p.run as Str);
    if (b !== undefined && joined.length === 2) {
      const [x, y] = [(a as StrPart).run as Str, b.run as Str];
      return { pure: true, constant: undefined, run: (sh) => x(sh) + y(sh) };
    }
    if (b !== undefined && c !== undefined && joined.length === 3) {
      const [x, y, z] = [(a as StrPart).run as Str, b.run as Str, c.run as Str];
      return { pure: true, constant: undefined, run: (sh) => x(sh) + y(sh) + z(sh) };
    }
    return {
      pure: true,
      constant: undefined,
      run: (sh) => {
        let out = "";
        for (const run of runs) out += run(sh);
        return out;
      },
    };
  }
  const runs = joined.map((p) => p.run);
  return {
    pure: false,
    constant: undefined,
    run: (sh) => {
      let out = "";
      for (let i = 0; i < runs.length; i++) {
        const s = (runs[i] as BStr)(sh);
        if (typeof s !== "string") return concatRest(sh, runs, i, out, s);
        out += s;
      }
      return out;
    },
  };
}

function* concatRest(
  sh: Shell,
  runs: readonly BStr[],
  at: number,
  before: string,
  first: Steps<string>,
): Steps<string> {
  let out = before + (yield* first);
  for (let i = at + 1; i < runs.length; i++) {
    const s = (runs[i] as BStr)(sh);
    out += typeof s === "string" ? s : yield* s;
  }
  return out;
}

function mapPart(part: StrPart, f: (sh: Shell, s: string) => string): StrPart {
  const { run } = part;
  if (part.pure) {
    return { pure: true, constant: undefined, run: (sh) => f(sh, run(sh) as string) };
  }
  return {
    pure: false,
    constant: undefined,
    run: (sh) => {
      const s = run(sh);
      return typeof s === "string" ? f(sh, s) : mapLater(sh, s, f);
    },
  };
}

function* mapLater<T>(sh: Shell, s: Steps<T>, f: (sh: Shell, s: T) => string): Steps<string> {
  return f(sh, yield* s);
}

export function compileParts(parts: readonly TildePart[], mode: Mode, host: WordHost): StrPart {
  return concatParts(parts.map((part) => compilePart(part, mode, host)));
}

export function compilePart(part: TildePart, mode: Mode, host: WordHost): StrPart {
  switch (part.t) {
    case "lit":
      return constantPart(mode === PATTERN && part.q ? escapePattern(part.s) : part.s);
    case "tilde": {
      const home = compileTilde(part.user);
      return mode === PATTERN ? mapPart(home, (_sh, s) => escapePattern(s)) : home;
    }
    case "param": {
      const param = compileParam(part, mode, host);
      // Words of - and + quote their own parts; values are quoted here.
      return param;
    }
    case "cmd": {
      const made = { pure: false, constant: undefined, run: host.substitute(part.body) };
      return mode === PATTERN && part.q ? mapPart(made, (_sh, s) => escapePattern(s)) : made;
    }
    case "arith":
      return compileArithmetic(part.expr, host);
    case "proc":
      return { pure: false, constant: undefined, run: host.process(part.body, part.out) };
    case "bad":
      return badSubstitution();
  }
}

export function badSubstitution(): StrPart {
  return {
    pure: true,
    constant: undefined,
    run: (sh) => {
      throw sh.inputError("syntax error: bad substitution");
    },
  };
}

export type ParamPart = Extract<Part, { t: "param" }>;

/** The parts of `${name op word}` that decide which value it has, apart from how that is used. */
function compileParam(part: ParamPart, mode: Mode, host: WordHost): StrPart {
  const value = compileValue(part.name);
  const { name, op, colon } = part;
  const quote = mode === PATTERN && part.q;
  const shown = quote ? escapePattern : (s: string): string => s;
  if (op === "") {
    return {
      pure: true,
      constant: undefined,
      run: quote
        ? (sh) => escapePattern(value(sh) ?? unset(sh, name))
        : (sh) => value(sh) ?? unset(sh, name),
    };
  }
  if (op === "-" || op === "+") {
    const word = compileParts(splitTildes(part.word?.parts ?? [], tildeIn(part)), mode, host);
    const { run } = word;
    const wanted = op === "+";
    return {
      pure: word.pure,
      constant: undefined,
      run: (sh) => {
        const v = value(sh);
        const isSet = v !== undefined && !(colon && v === "");
        if (isSet === wanted) return run(sh);
        return isSet ? shown(v as string) : "";
      },
    };
  }
  const computed = compileOperation(part, value, host);
  return quote ? mapPart(computed, (_sh, s) => escapePattern(s)) : computed;
}

export function tildeIn(part: ParamPart): number {
  if (part.q) return TILDE_NONE;
  return part.assign === true ? TILDE_ASSIGN : TILDE_START;
}

/** Operations that give one string whatever the context: `=`, `?`, length, trimming and so on. */
export function compileOperation(part: ParamPart, value: Value, host: WordHost): StrPart {
  const { name, op, colon } = part;
  switch (op) {
    case "len":
      // Of @ and * it is that of all parameters joined.
      return {
        pure: true,
        constant: undefined,
        run: (sh) => String(utf8Length(value(sh) ?? unset(sh, name))),
      };
    case "=": {
      const word = compileParts(splitTildes(part.word?.parts ?? [], tildeIn(part)), PLAIN, host);
      const assign = (sh: Shell, s: string): string => {
        if (!isVariable(name)) throw sh.error(`${name}: bad variable name`);
        sh.set(name, s);
        return s;
      };
      return choose(
        word,
        (sh) => {
          const v = value(sh);
          return v === undefined || (colon && v === "") ? undefined : v;
        },
        assign,
      );
    }
    case "?": {
      const word = compileParts(splitTildes(part.word?.parts ?? [], tildeIn(part)), PLAIN, host);
      const fail = (sh: Shell, s: string): string => {
        const text = s !== "" ? s : colon ? "parameter not set or null" : "parameter not set";
        throw sh.error(`${name}: ${text}`);
      };
      return choose(
        word,
        (sh) => {
          const v = value(sh);
          return v === undefined || (colon && v === "") ? undefined : v;
        },
        fail,
      );
    }
    case "#":
    case "##":
    case "%":
    case "%%": {
      const word = compileParts(splitTildes(part.word?.parts ?? [], TILDE_START), PATTERN, host);
      const longest = op.length === 2;
      const trim = op.startsWith("#") ? trimPrefix : trimSuffix;
      const memo = patternMemo();
      return mapPart(word, (sh, pattern) => {
        const v = value(sh) ?? unset(sh, name);
        return v === "" ? "" : trim(v, memo(pattern), longest);
      });
    }
    case "/":
    case "//": {
      const pattern = compileParts(splitTildes(part.word?.parts ?? [], TILDE_START), PATTERN, host);
      const to = compileParts(splitTildes(part.word2?.parts ?? [], TILDE_START), PLAIN, host);
      const all = op === "//";
      const memo = patternMemo();
      return combine(pattern, to, (sh, p, r) => {
        const v = value(sh);
        return v === undefined ? unset(sh, name) : replacePattern(v, memo(p), r, all);
      });
    }
    default: {
      const offset = compileNumber(part.word, host);
      if (part.word2 === null) {
        return mapPart(offset, (sh, o) => {
          return substring(value(sh) ?? unset(sh, name), Number(o), undefined);
        });
      }
      return combine(offset, compileNumber(part.word2, host), (sh, o, l) =>
        substring(value(sh) ?? unset(sh, name), Number(o), Number(l)),
      );
    }
  }
}

/** The value where there is one, otherwise what is made of the word. */
function choose(word: StrPart, value: Value, otherwise: (sh: Shell, s: string) => string): StrPart {
  const { run } = word;
  return {
    pure: word.pure,
    constant: undefined,
    run: (sh) => {
      const v = value(sh);
      if (v !== undefined) return v;
      const s = run(sh);
      return typeof s === "string" ? otherwise(sh, s) : mapLater(sh, s, otherwise);
    },
  };
}

function combine(a: StrPart, b: StrPart, f: (sh: Shell, a: string, b: string) => string): StrPart {
  if (a.pure && b.pure) {
    const [x, y] = [a.run as Str, b.run as Str];
    return { pure: true, constant: undefined, run: (sh) => f(sh, x(sh), y(sh)) };
  }
  const [x, y] = [a.run, b.run];
  return {
    pure: false,
    constant: undefined,
    *run(sh): Steps<string> {
      const s = x(sh);
      const first = typeof s === "string" ? s : yield* s;
      const t = y(sh);
      return f(sh, first, typeof t === "string" ? t : yield* t);
    },
  };
}

/** Bytes of `s` from `offset`; negative numbers count from the end. */
function substring(s: string, offset: number, length: number | undefined): string {
  let from = offset;
  if (from < 0) {
    from += s.length;
    if (from < 0) return "";
  }
  if (from > s.length) from = s.length;
  if (length === undefined) return s.slice(from);
  // A negative length that reaches back before the offset counts for nothing.
  const to = length < 0 ? s.length + length : from + length;
  return to < from || to > s.length ? s.slice(from) : s.slice(from, to);
}

// ---- arithmetic ------------------------------------------------------------------------------------

function runArith(sh: Shell, arith: Arith, env: ArithEnv): string {
  try {
    return formatArith(arith(env));
  } catch (e) {
    if (e instanceof ArithError) throw sh.error(e.message);
    throw e;
  }
}

/** `$((...))` and offsets: arithmetic on the expanded text, compiled ahead where the text is known. */
export function compileArithmetic(expr: Word, host: WordHost): StrPart {
  const text = compileParts(expr.parts, PLAIN, host);
  if (text.constant !== undefined) {
    const arith = compileArith(text.constant);
    return { pure: true, constant: undefined, run: (sh) => runArith(sh, arith, sh) };
  }
  const evaluate = (sh: Shell, s: string): string => runArith(sh, sh.arithCache.compile(s), sh);
  const slow = mapPart(text, evaluate);
  return compileNumbers(expr, slow) ?? slow;
}

function compileNumber(word: Word | null, host: WordHost): StrPart {
  return word === null ? constantPart("0") : compileArithmetic(word, host);
}

/** Text beside `$x` that would join with a number to something else. */
const JOINS = /[A-Za-z0-9_$@#]/;

/**
 * Expressions whose only substitutions are plain `$x`, as in `$(($i + 1))`: compiled once with names
 * in their place, for the case that the values are plain decimal numbers. undefined where that could
 * make a difference.
 */
function compileNumbers(expr: Word, slow: StrPart): StrPart | undefined {
  const values: Value[] = [];
  let text = "";
  for (const part of expr.parts) {
    if (part.t === "lit") {
      if (values.length > 0 && text.endsWith("_") && JOINS.test(part.s.charAt(0))) return undefined;
      if (part.s.includes("P_") || /\+\+|--|[^=!<>]=[^=]|#/.test(part.s)) return undefined;
      text += part.s;
    } else if (part.t === "param" && part.op === "") {
      if (JOINS.test(text.charAt(text.length - 1))) return undefined;
      text += `P_${values.length}_`;
      values.push(compileValue(part.name));
    } else return undefined;
  }
  if (values.length === 0 || values.length > 9 || !slow.pure) return undefined;
  const arith = compileArith(text);
  const run = slow.run as Str;
  const now: string[] = [];
  let outer: ArithEnv | undefined;
  const env: ArithEnv = {
    get: (name) =>
      name.startsWith("P_") ? now[name.charCodeAt(2) - 48] : (outer as ArithEnv).get(name),
    set: (name, value) => (outer as ArithEnv).set(name, value),
    get cache() {
      return outer?.cache;
    },
  };
  return {
    pure: true,
    constant: undefined,
    run: (sh) => {
      for (let i = 0; i < values.length; i++) {
        const v = (values[i] as Value)(sh);
        if (v === undefined || !isPlainNumber(v)) return run(sh);
        now[i] = v;
      }
      outer = sh;
      return runArith(sh, arith, env);
    },
  };
}

function isPlainNumber(s: string): boolean {
  const n = s.length;
  if (n === 0 || n > 15 || (n > 1 && s.charCodeAt(0) === 48)) return false;
  for (let i = 0; i < n; i++) {
    const c = s.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}

// ---- whole words -----------------------------------------------------------------------------------

/** A word as one string: assignments, redirections, here-documents, `case` words. */
export function compileString(word: Word, tilde: number, host: WordHost): StringWord {
  return compileParts(splitTildes(word.parts, tilde), PLAIN, host);
}

/** A word as a pattern: quoted characters come with a backslash. */
export function compilePattern(word: Word, host: WordHost): StringWord {
  return compileParts(splitTildes(word.parts, TILDE_START), PATTERN, host);
}
