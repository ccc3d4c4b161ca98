// test, [ and [[ (POSIX test, as BusyBox 1.36 extends and evaluates it).
//
// [[ is an ordinary command there: its words are split and globbed like any others. It differs in that
// = and != match patterns, =~ matches an extended regular expression, && and || stand for -a and -o.
import { Errno } from "../../abi/errno.ts";
import { AT_EACCESS, AT_FDCWD, AT_SYMLINK_NOFOLLOW, R_OK, W_OK, X_OK } from "../../abi/fcntl.ts";
import type { Sys } from "../../abi/program.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
  type Stat,
} from "../../abi/stat.ts";
import { isatty } from "../../libc/stdio.ts";
import { access } from "../../libc/unistd.ts";
import { matchesPattern, matchesRegex } from "./match.ts";

/** A wrong expression: status 2, with a message if there is one. */
class Wrong {
  readonly message: string | undefined;
  constructor(message: string | undefined) {
    this.message = message;
  }
}

const UNARY = "bcdefghknprstuwxzGLOS";
/** Parentheses and negations nest as deep. */
const UNCLOSED = "closing paren expected";
const MAX_DEPTH = 500;

/**
 * Evaluates `test ARG…`, `[ ARG… ]` or `[[ ARG… ]]`, told apart by argv[0] (its last part): 0 true,
 * 1 false, 2 wrong expression. A complaint goes to `complain` without the name in front.
 */
export function testMain(
  sys: Sys,
  argv: readonly string[],
  complain: (message: string) => void,
): number {
  const name = (argv[0] as string).slice((argv[0] as string).lastIndexOf("/") + 1);
  let n = argv.length;
  if (name === "[" || name === "[[") {
    const close = name === "[" ? "]" : "]]";
    if (n === 1 || argv[n - 1] !== close) {
      complain(`missing ${close}`);
      return 2;
    }
    n--;
  }
  // The commonest forms need no parser.
  if (n === 1) return 1;
  if (n === 2) return argv[1] !== "" ? 0 : 1;
  try {
    return new Test(sys, argv, n, name === "[[").run(1) ? 0 : 1;
  } catch (e) {
    if (!(e instanceof Wrong)) throw e;
    if (e.message !== undefined) complain(e.message);
    return 2;
  }
}

class Test {
  readonly #sys: Sys;
  readonly #argv: readonly string[];
  /** Arguments from here on do not count. */
  readonly #end: number;
  readonly #double: boolean;
  #at = 0;
  #depth = 0;

  constructor(sys: Sys, argv: readonly string[], end: number, double: boolean) {
    this.#sys = sys;
    this.#argv = argv;
    this.#end = end;
    this.#double = double;
  }

  /** The rules of POSIX by number of arguments, then the grammar. */
  run(from: number): boolean {
    const argv = this.#argv;
    const n = this.#end - from;
    if (n === 1) return argv[from] !== "";
    if (n === 3 && isBinary(argv[from + 1] as string, this.#double)) {
      this.#at = from + 1;
      return this.#binary(argv[from] as string);
    }
    if ((n === 2 || n === 4) && argv[from] === "!") return !this.run(from + 1);
    // As the original has it: of four words, "( -n x )" is none of the forms.
    const at = this.#end - 4;
    if (
      (n === 4 || (n === 5 && argv[from] === "!")) &&
      argv[at] === "(" &&
      this.#isUnary(argv[at + 1] as string) &&
      !isBinary(argv[at + 2] as string, this.#double)
    )
      throw new Wrong(UNCLOSED);
    this.#at = from;
    const result = this.#or();
    if (this.#at < this.#end) throw new Wrong(`${argv[this.#at] as string}: unknown operand`);
    return result;
  }

  #isUnary(word: string): boolean {
    return word.length === 2 && word[0] === "-" && UNARY.includes(word.charAt(1));
  }

  #is(text: string): boolean {
    return this.#at < this.#end && this.#argv[this.#at] === text;
  }

  // Both sides are always evaluated, so a wrong number to the right of a true -o is found.
  #or(): boolean {
    const op = this.#double ? "||" : "-o";
    let result = this.#and();
    while (this.#is(op)) {
      this.#at++;
      const right = this.#and();
      result = result || right;
    }
    return result;
  }

  #and(): boolean {
    const op = this.#double ? "&&" : "-a";
    let result = this.#not();
    while (this.#is(op)) {
      this.#at++;
      const right = this.#not();
      result = result && right;
    }
    return result;
  }

  #not(): boolean {
    let negate = false;
    while (this.#is("!") && this.#at + 1 < this.#end) {
      negate = !negate;
      this.#at++;
    }
    // "( ! -e )" at the very end: the operator is taken for a text, as the original does.
    if (
      negate &&
      this.#depth > 0 &&
      this.#end - this.#at === 2 &&
      this.#argv[this.#end - 1] === ")"
    ) {
      return (this.#argv[this.#at++] !== "") !== negate;
    }
    return this.#primary() !== negate;
  }

  #primary(): boolean {
    const argv = this.#argv;
    if (this.#at >= this.#end) throw new Wrong("argument expected");
    const word = argv[this.#at] as string;
    const left = this.#end - this.#at - 1;
    if (word === "(") {
      if (++this.#depth > MAX_DEPTH) throw new Wrong("argument expected");
      this.#at++;
      const result = this.#or();
      this.#depth--;
      if (!this.#is(")")) throw new Wrong(UNCLOSED);
      this.#at++;
      return result;
    }
    this.#at++;
    if (left > 0 && this.#isUnary(word)) {
      const compared = left > 1 && isBinary(argv[this.#at] as string, this.#double);
      if (!compared) return this.#unary(word.charAt(1), argv[this.#at++] as string);
    }
    if (left > 0 && isBinary(argv[this.#at] as string, this.#double)) return this.#binary(word);
    return word !== "";
  }

  #unary(letter: string, arg: string): boolean {
    const sys = this.#sys;
    if (letter === "n") return arg !== "";
    if (letter === "z") return arg === "";
    if (letter === "t") return isatty(sys, Number(integer(arg)));
    if (letter === "r") return access(sys, arg, R_OK, AT_EACCESS);
    if (letter === "w") return access(sys, arg, W_OK, AT_EACCESS);
    if (letter === "x") return access(sys, arg, X_OK, AT_EACCESS);
    const link = letter === "h" || letter === "L";
    const st = sys.tryStatat(AT_FDCWD, arg, link ? AT_SYMLINK_NOFOLLOW : 0);
    return st instanceof Errno ? false : fileIs(sys, letter, st);
  }

  /** A comparison whose operator is next. */
  #binary(x: string): boolean {
    const op = this.#argv[this.#at++] as string;
    if (this.#at >= this.#end) throw new Wrong(`${op}: argument expected`);
    const y = this.#argv[this.#at++] as string;
    switch (op) {
      case "=":
      case "==":
        return this.#double ? matchesPattern(y, x) : x === y;
      case "!=":
        return !(this.#double ? matchesPattern(y, x) : x === y);
      case "<":
        return x < y;
      case ">":
        return x > y;
      case "=~":
        return this.#regex(y, x);
      case "-nt":
      case "-ot":
      case "-ef":
        return this.#compareFiles(op, x, y);
      default:
        return compareIntegers(op, x, y);
    }
  }

  #regex(pattern: string, text: string): boolean {
    const found = matchesRegex(pattern, text);
    // A malformed expression says nothing.
    if (found === undefined) throw new Wrong(undefined);
    return found;
  }

  /** By whole seconds; a file that is not there is neither newer nor older. */
  #compareFiles(op: string, x: string, y: string): boolean {
    const a = this.#sys.tryStatat(AT_FDCWD, x, 0);
    if (a instanceof Errno) return false;
    const b = this.#sys.tryStatat(AT_FDCWD, y, 0);
    if (b instanceof Errno) return false;
    if (op === "-ef") return a.dev === b.dev && a.ino === b.ino;
    return op === "-nt" ? a.mtime.sec > b.mtime.sec : a.mtime.sec < b.mtime.sec;
  }
}

function isBinary(word: string, double: boolean): boolean {
  switch (word) {
    case "=":
    case "==":
    case "!=":
    case "<":
    case ">":
    case "-eq":
    case "-ne":
    case "-lt":
    case "-le":
    case "-gt":
    case "-ge":
    case "-nt":
    case "-ot":
    case "-ef":
      return true;
    case "=~":
      return double;
    default:
      return false;
  }
}

function fileIs(sys: Sys, letter: string, st: Stat): boolean {
  const type = st.mode & S_IFMT;
  switch (letter) {
    case "e":
      return true;
    case "f":
      return type === S_IFREG;
    case "d":
      return type === S_IFDIR;
    case "c":
      return type === S_IFCHR;
    case "b":
      return type === S_IFBLK;
    case "p":
      return type === S_IFIFO;
    case "S":
      return type === S_IFSOCK;
    case "h":
    case "L":
      return type === S_IFLNK;
    case "s":
      return st.size > 0;
    case "u":
      return (st.mode & S_ISUID) !== 0;
    case "g":
      return (st.mode & S_ISGID) !== 0;
    case "k":
      return (st.mode & S_ISVTX) !== 0;
    case "O":
      return st.uid === sys.geteuid();
    default:
      return st.gid === sys.getegid();
  }
}

/** An operand of -eq and the like; bigint beyond what a number holds exactly. */
function integer(text: string): number | bigint {
  const m = /^[ \t\n\v\f\r]*([-+]?[0-9]+)([ \t\n\v\f\r]*)/.exec(text);
  // A text without any digit fails in the same way as one with too many.
  if (m === null) throw new Wrong(text === "" ? "out of range" : `${text}: out of range`);
  const digits = m[1] as string;
  if (digits.length <= 16) {
    if (m[0].length !== text.length) throw new Wrong(`${text}: bad number`);
    return Number(digits);
  }
  const v = digits.length > 64 ? 1n << 64n : BigInt(digits.replace("+", ""));
  if (v !== BigInt.asIntN(64, v)) throw new Wrong(`${text}: out of range`);
  if (m[0].length !== text.length) throw new Wrong(`${text}: bad number`);
  return v;
}

function compareIntegers(op: string, x: string, y: string): boolean {
  const a = integer(x);
  const b = integer(y);
  const order = a < b ? -1 : a > b ? 1 : 0;
  switch (op) {
    case "-eq":
      return order === 0;
    case "-ne":
      return order !== 0;
    case "-lt":
      return order < 0;
    case "-le":
      return order <= 0;
    case "-gt":
      return order > 0;
    default:
      return order >= 0;
  }
}
