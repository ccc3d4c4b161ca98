// Words as arguments (POSIX XCU 2.6.5, 2.6.6): field splitting and pathname expansion.
import { type Blocking, isSteps, type Steps } from "../abi/program.ts";
import { glob } from "../libc/glob.ts";
import type { Word } from "./nodes.ts";
import { escapePattern } from "./pattern.ts";
import { CHAR_IFS_OTHER, CHAR_IFS_SPACE, type Shell } from "./shell.ts";
import {
  badSubstitution,
  compileArithmetic,
  compileOperation,
  compilePart,
  compileParts,
  compileValue,
  type FieldsWord,
  type ParamPart,
  PLAIN,
  type Str,
  type StrPart,
  splitTildes,
  TILDE_START,
  type TildePart,
  tildeIn,
  unset,
  type Value,
  type WordHost,
} from "./word.ts";

// ---- fields ----------------------------------------------------------------------------------------

/** Arguments being made of one word: splitting (2.6.5) and the patterns for globbing. */
class Fields {
  readonly sh: Shell;
  readonly out: string[];
  #field = "";
  /** There is a field, maybe an empty one. */
  #has = false;
  /** The field as a pattern, from its first special character on. */
  #pattern: string | undefined;
  #magic = false;
  /** A field was just ended by white space: a separator that follows belongs to it. */
  #spaced = false;
  /** Indices in `out` of the fields to be globbed, with their patterns. */
  globs: [index: number, pattern: string][] | undefined;

  constructor(sh: Shell, out: string[]) {
    this.sh = sh;
    this.out = out;
  }

  quoted(s: string): void {
    this.#has = true;
    this.#field += s;
    if (this.#pattern !== undefined) this.#pattern += escapePattern(s);
    this.#spaced = false;
  }

  /** Unquoted text of the word itself: not split. */
  literal(s: string): void {
    if (s !== "") this.#append(s);
  }

  #append(s: string): void {
    this.#has = true;
    this.#spaced = false;
    if (this.#pattern !== undefined || hasMagic(s)) {
      this.#pattern ??= escapePattern(this.#field);
      this.#pattern += s;
      if (!this.#magic) this.#magic = /[*?[]/.test(s);
    }
    this.#field += s;
  }

  end(): void {
    this.out.push(this.#field);
    // A "[" that nothing closes is no pattern: the command `[` is not looked for in directories.
    if (this.#magic && !this.sh.opts.noglob && /[*?]|\[.*\]/s.test(this.#pattern as string)) {
      this.globs ??= [];
      this.globs.push([this.out.length - 1, this.#pattern as string]);
    }
    this.#field = "";
    this.#has = false;
    this.#pattern = undefined;
    this.#magic = false;
  }

  /** An unquoted value. */
  split(s: string): void {
    const { ifs } = this.sh;
    const n = s.length;
    let start = 0;
    for (let i = 0; i < n; i++) {
      const kind = (ifs[s.charCodeAt(i)] as number) & (CHAR_IFS_SPACE | CHAR_IFS_OTHER);
      if (kind === 0) continue;
      if (i > start) this.#append(s.slice(start, i));
      start = i + 1;
      if (kind === CHAR_IFS_SPACE) {
        if (this.#has) {
          this.end();
          this.#spaced = true;
        }
      } else {
        if (this.#has || !this.#spaced) this.end();
        this.#spaced = false;
      }
    }
    if (start === 0) {
      if (n > 0) this.#append(s);
    } else if (start < n) this.#append(s.slice(start));
  }

  /** `$@` and `$*` without quotes. */
  parameters(params: readonly string[]): void {
    for (let i = 0; i < params.length; i++) {
      if (i > 0) {
        if (this.#has) this.end();
        this.#spaced = false;
      }
      this.split(params[i] as string);
    }
  }

  /** `"$@"`. */
  quotedParameters(params: readonly string[]): void {
    for (let i = 0; i < params.length; i++) {
      if (i > 0) this.end();
      this.quoted(params[i] as string);
    }
  }

  /** The word is complete. */
  finish(): Blocking<void> {
    if (this.#has) this.end();
    return this.globs === undefined ? undefined : this.#glob(this.globs);
  }

  *#glob(globs: [number, string][]): Steps<void> {
    const { out } = this;
    for (let k = globs.length - 1; k >= 0; k--) {
      const [index, pattern] = globs[k] as [number, string];
      const found = glob(this.sh.sys, pattern);
      const names = isSteps(found) ? yield* found : found;
      if (names.length === 0) continue;
      const rest = out.splice(index);
      for (const name of names) out.push(name);
      for (let i = 1; i < rest.length; i++) out.push(rest[i] as string);
    }
  }
}

function hasMagic(s: string): boolean {
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c === 42 || c === 63 || c === 91 || c === 92) return true;
  }
  return false;
}

type FieldPart = { pure: boolean; run: (sh: Shell, f: Fields) => Blocking<void> };

function compileFieldPart(part: TildePart, host: WordHost): FieldPart {
  switch (part.t) {
    case "lit": {
      const { s } = part;
      return { pure: true, run: part.q ? (_sh, f) => f.quoted(s) : (_sh, f) => f.literal(s) };
    }
    case "param":
      return compileFieldParam(part, host);
    case "tilde":
    case "proc":
      return emit(compilePart(part, PLAIN, host), true);
    case "cmd":
    case "arith":
      return emit(compilePart(part, PLAIN, host), part.q);
    case "bad":
      return emit(badSubstitution(), true);
  }
}

/** A string as part of fields. */
function emit(part: StrPart, q: boolean): FieldPart {
  const { run } = part;
  if (part.pure) {
    return {
      pure: true,
      run: q ? (sh, f) => f.quoted(run(sh) as string) : (sh, f) => f.split(run(sh) as string),
    };
  }
  return {
    pure: false,
    run: (sh, f) => {
      const s = run(sh);
      if (typeof s !== "string") return emitLater(s, f, q);
      if (q) f.quoted(s);
      else f.split(s);
      return undefined;
    },
  };
}

function* emitLater(steps: Steps<string>, f: Fields, q: boolean): Steps<void> {
  const s = yield* steps;
  if (q) f.quoted(s);
  else f.split(s);
}

function compileFieldParam(part: ParamPart, host: WordHost): FieldPart {
  const { name, op, q, colon } = part;
  const list = name === "@" || name === "*";
  const plain = compilePlainField(part);
  if (op === "") return plain;
  if (op === "-" || op === "+") {
    const value = compileValue(name);
    const word = compileFieldParts(splitTildes(part.word?.parts ?? [], tildeIn(part)), host, !q);
    const wanted = op === "+";
    return {
      pure: word.pure,
      run: (sh, f) => {
        const v = list ? sh.special("@") : value(sh);
        const isSet = v !== undefined && !(colon && v === "");
        if (isSet && !wanted) return plain.run(sh, f);
        // In quotes there is a field, whatever the word comes to.
        if (q) f.quoted("");
        return isSet === wanted ? word.run(sh, f) : undefined;
      },
    };
  }
  if (name === "@" && q && op !== "len" && op !== "=" && op !== "?")
    return listOperation(part, host);
  return emit(compileOperation(part, compileValue(name), host), q);
}

/** What joins the parameters for operations on all of "$@": it is in none of them. */
const NUL = "\0";

/** `"${@%x}"`: the operation sees the parameters as one text, the result is fields again. */
function listOperation(part: ParamPart, host: WordHost): FieldPart {
  const first = part.op.startsWith("/");
  const value: Value = (sh) => (first ? sh.params[0] : sh.params.join(NUL));
  const { pure, run } = compileOperation(part, value, host);
  return {
    pure,
    run: (sh, f) => {
      if (sh.params.length === 0) return undefined;
      const s = run(sh);
      if (typeof s !== "string") return listLater(s, f);
      f.quotedParameters(s.split(NUL));
      return undefined;
    },
  };
}

function* listLater(steps: Steps<string>, f: Fields): Steps<void> {
  f.quotedParameters((yield* steps).split(NUL));
}

function compilePlainField(part: ParamPart): FieldPart {
  const { name, q } = part;
  if (name === "@") {
    return {
      pure: true,
      run: q ? (sh, f) => f.quotedParameters(sh.params) : (sh, f) => f.parameters(sh.params),
    };
  }
  if (name === "*") {
    return {
      pure: true,
      run: q
        ? (sh, f) => f.quoted(sh.params.join(sh.separator()))
        : (sh, f) => f.parameters(sh.params),
    };
  }
  const value = compileValue(name);
  return {
    pure: true,
    run: q
      ? (sh, f) => f.quoted(value(sh) ?? unset(sh, name))
      : (sh, f) => f.split(value(sh) ?? unset(sh, name)),
  };
}

/** `splitLiterals`: unquoted text counts as a result of expansion (the word of `${x-a b}`). */
function compileFieldParts(
  parts: readonly TildePart[],
  host: WordHost,
  splitLiterals = false,
): FieldPart {
  const compiled = parts.map((part): FieldPart => {
    if (splitLiterals && part.t === "lit" && !part.q) {
      const { s } = part;
      return { pure: true, run: (_sh, f) => f.split(s) };
    }
    return compileFieldPart(part, host);
  });
  const only = compiled[0];
  if (only !== undefined && compiled.length === 1) return only;
  const pure = compiled.every((p) => p.pure);
  return {
    pure,
    run: (sh, f) => {
      for (let i = 0; i < compiled.length; i++) {
        const done = (compiled[i] as FieldPart).run(sh, f);
        if (done !== undefined) return fieldsRest(sh, f, compiled, i, done);
      }
      return undefined;
    },
  };
}

function* fieldsRest(
  sh: Shell,
  f: Fields,
  parts: readonly FieldPart[],
  at: number,
  first: Steps<void>,
): Steps<void> {
  yield* first;
  for (let i = at + 1; i < parts.length; i++) {
    const done = (parts[i] as FieldPart).run(sh, f);
    if (done !== undefined) yield* done;
  }
}

function* finishLater(f: Fields, done: Steps<void>): Steps<void> {
  yield* done;
  const end = f.finish();
  if (end !== undefined) yield* end;
}

// ---- whole words -----------------------------------------------------------------------------------

/** Is the word one field, whatever the values? */
function isOneField(parts: readonly TildePart[]): boolean {
  return parts.every((part) => staysWhole(part, parts.length === 1));
}

function staysWhole(part: TildePart, alone: boolean): boolean {
  switch (part.t) {
    case "lit":
      return part.q || !hasMagic(part.s) || (alone && part.s === "[");
    case "cmd":
    case "arith":
      return part.q;
    case "param":
      return part.q && part.name !== "@" && part.op !== "-" && part.op !== "+";
    case "tilde":
    case "proc":
    case "bad":
      return true;
  }
}

/** A word as arguments: split and globbed. `tilde` as for an ordinary word or an assignment's. */
export function compileFields(word: Word, host: WordHost, tilde: number = TILDE_START): FieldsWord {
  const parts = splitTildes(word.parts, tilde);
  if (parts.length > 0 && isOneField(parts)) {
    const string = compileParts(parts, PLAIN, host);
    const { run, constant } = string;
    if (constant !== undefined) {
      return {
        pure: true,
        constant,
        run: (_sh, out) => {
          out.push(constant);
        },
      };
    }
    if (string.pure) {
      return {
        pure: true,
        constant: undefined,
        run: (sh, out) => {
          out.push(run(sh) as string);
        },
      };
    }
    return {
      pure: false,
      constant: undefined,
      run: (sh, out) => {
        const s = run(sh);
        if (typeof s !== "string") return pushLater(s, out);
        out.push(s);
        return undefined;
      },
    };
  }
  const first = parts[0];
  if (parts.length === 1 && first !== undefined && first.t === "param" && first.op === "") {
    if (first.name === "@" && first.q) {
      return {
        pure: true,
        constant: undefined,
        run: (sh, out) => {
          const { params } = sh;
          for (let i = 0; i < params.length; i++) out.push(params[i] as string);
        },
      };
    }
    if (first.name !== "@" && first.name !== "*") return compileLoneParam(first);
  }
  if (parts.length === 1 && first !== undefined && first.t === "arith") {
    const number = compileArithmetic(first.expr, host);
    if (number.pure) {
      const run = number.run as Str;
      return { pure: true, constant: undefined, run: (sh, out) => loneValue(sh, out, run(sh)) };
    }
  }
  const all = compileFieldParts(parts, host);
  // Globbing may have to wait, so only words without patterns are pure; those were dealt with above.
  return {
    pure: false,
    constant: undefined,
    run: (sh, out) => {
      const f = new Fields(sh, out);
      const done = all.run(sh, f);
      return done === undefined ? f.finish() : finishLater(f, done);
    },
  };
}

function* pushLater(steps: Steps<string>, out: string[]): Steps<void> {
  out.push(yield* steps);
}

/** `$x` alone and unquoted, the commonest word: usually one field without anything special. */
function compileLoneParam(part: ParamPart): FieldsWord {
  const value = compileValue(part.name);
  const { name } = part;
  return {
    pure: false,
    constant: undefined,
    run: (sh, out) => loneValue(sh, out, value(sh) ?? unset(sh, name)),
  };
}

function loneValue(sh: Shell, out: string[], s: string): Blocking<void> {
  const { ifs } = sh;
  const n = s.length;
  if (n === 0) return undefined;
  for (let i = 0; i < n; i++) {
    if ((ifs[s.charCodeAt(i)] as number) !== 0) {
      const f = new Fields(sh, out);
      f.split(s);
      return f.finish();
    }
  }
  out.push(s);
  return undefined;
}

/** Expands words in turn, from the given one on; undefined when nothing had to wait. */
export function expandWords(
  sh: Shell,
  words: readonly FieldsWord[],
  from: number,
  out: string[],
): Steps<void> | undefined {
  for (let i = from; i < words.length; i++) {
    const r = (words[i] as FieldsWord).run(sh, out);
    if (r !== undefined) return expandWordsRest(sh, words, i, out, r);
  }
  return undefined;
}

function* expandWordsRest(
  sh: Shell,
  words: readonly FieldsWord[],
  at: number,
  out: string[],
  first: Steps<void>,
): Steps<void> {
  yield* first;
  for (let i = at + 1; i < words.length; i++) {
    const r = (words[i] as FieldsWord).run(sh, out);
    if (r !== undefined) yield* r;
  }
}
