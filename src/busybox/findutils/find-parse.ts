// The command line of find: options anywhere, and the expression.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR, X_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../../abi/stat.ts";
import { compilePattern, FNM_CASEFOLD } from "../../libc/fnmatch.ts";
import { isUtf8 } from "../../libc/locale.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { RegexError, regcomp } from "../../libc/regex/regex.ts";
import { access, readDir, stat } from "../../libc/unistd.ts";
import { parseMode } from "../libbb/mode.ts";
import { xatou, xatouRange } from "../libbb/numbers.ts";
import { xgroup, xuser } from "../libbb/owner.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";
import { ExecAction } from "./find-exec.ts";
import { type Expression, evaluate, not, type Test } from "./find-expression.ts";
import type { FoundFile } from "./find-file.ts";

const DAY_S = 86400;
const SIZES = [
  ["c", 1],
  ["b", 512],
  ["w", 2],
  ["k", 1024],
] as const;

/** What find is to do. */
export interface Plan {
  paths: string[];
  /** -L and -H. */
  follow: "never" | "operands" | "always";
  oneFileSystem: boolean;
  minDepth: number;
  maxDepth: number;
  depthFirst: boolean;
  expression: Expression;
  batches: ExecAction[];
  /** What went wrong on the way. */
  failed: boolean;
}

function* waited(steps: Steps<void>): Steps<boolean> {
  yield* steps;
  return true;
}

/** Thrown by -quit. */
export class Quit {}

class Parser {
  readonly #p: Process;
  readonly #args: readonly string[];
  #at: number;
  /** No action prints or does something: -print is meant. */
  #silent = true;
  readonly #plan: Plan;
  readonly #utf8: boolean;

  constructor(p: Process, args: readonly string[], at: number, plan: Plan) {
    this.#p = p;
    this.#args = args;
    this.#at = at;
    this.#plan = plan;
    this.#utf8 = isUtf8(p.env);
  }

  *parse(): Steps<Expression> {
    const expression = yield* this.#groups(this.#args.length);
    if (!this.#silent) return expression;
    const print = this.#print("\n");
    return [[(file) => evaluate(expression, file), print]];
  }

  /** Everything up to `end`. */
  *#groups(end: number): Steps<Expression> {
    const groups: Expression = [[]];
    let invert = false;
    while (this.#at < end) {
      const word = this.#args[this.#at++] as string;
      if (word === "-a" || word === "-and") continue;
      if (word === "-o" || word === "-or") {
        groups.push([]);
        invert = false;
        continue;
      }
      if (word === "!" || word === "-not") {
        invert = !invert;
        continue;
      }
      const test = yield* this.#primary(word, end);
      if (test === undefined) continue;
      (groups.at(-1) as Test[]).push(invert ? not(test) : test);
      invert = false;
    }
    return groups;
  }

  #argument(option: string, end: number): string {
    if (this.#at >= end) die(`${option} requires an argument`);
    return this.#args[this.#at++] as string;
  }

  *#parenthesis(end: number): Steps<Test> {
    let nested = 1;
    let close = this.#at;
    for (; close < end; close++) {
      if (this.#args[close] === "(") nested++;
      if (this.#args[close] === ")" && --nested === 0) break;
    }
    if (close >= end) die("unpaired '('");
    const inner = yield* this.#groups(close);
    this.#at = close + 1;
    return (file) => evaluate(inner, file);
  }

  /** The test of one word; undefined for options, which count for all of find. */
  *#primary(word: string, end: number): Steps<Test | undefined> {
    const plan = this.#plan;
    switch (word) {
      case "-follow":
        plan.follow = "always";
        return undefined;
      case "-xdev":
        plan.oneFileSystem = true;
        return undefined;
      case "-depth":
        plan.depthFirst = true;
        return undefined;
      case "-maxdepth":
        plan.maxDepth = xatouRange(this.#argument(word, end), 0, 0x7fffffff);
        return undefined;
      case "-mindepth":
        plan.minDepth = xatouRange(this.#argument(word, end), 0, 0x7fffffff);
        return undefined;
      case "(":
        return yield* this.#parenthesis(end);
      case "-prune":
        return (file) => {
          file.pruned = true;
          return true;
        };
      case "-quit":
        return () => {
          throw new Quit();
        };
      case "-print":
      case "-print0":
        this.#silent = false;
        return this.#print(word === "-print" ? "\n" : "\0");
      case "-delete":
        this.#silent = false;
        plan.depthFirst = true;
        return (file) => this.#delete(file);
      case "-exec":
        this.#silent = false;
        return this.#exec(end);
      case "-executable":
        return (file) => access(file.sys, file.path, X_OK);
      case "-empty":
        return (file) =>
          file.isDirectory ? this.#noEntries(file) : file.type === S_IFREG && file.stat.size === 0;
      default:
        return yield* this.#valued(word, end);
    }
  }

  /** A test with an argument. */
  *#valued(word: string, end: number): Steps<Test> {
    const value = (): string => this.#argument(word, end);
    switch (word) {
      case "-name":
      case "-iname":
        return this.#pattern(value(), word === "-iname", (file) => file.name);
      case "-path":
      case "-wholename":
      case "-ipath":
        return this.#pattern(value(), word === "-ipath", (file) => file.path);
      case "-regex":
        return this.#regex(value());
      case "-type":
        return type(value());
      case "-perm":
        return this.#perm(value());
      case "-mtime":
        return this.#age(value(), DAY_S, (st) => st.mtime.sec);
      case "-atime":
        return this.#age(value(), DAY_S, (st) => st.atime.sec);
      case "-ctime":
        return this.#age(value(), DAY_S, (st) => st.ctime.sec);
      case "-mmin":
        return this.#age(value(), 60, (st) => st.mtime.sec);
      case "-newer":
        return this.#newer(value());
      case "-inum": {
        const ino = xatou(value());
        return (file) => file.stat.ino === ino;
      }
      case "-user": {
        const uid = yield* xuser(this.#p, value());
        return (file) => file.stat.uid === uid;
      }
      case "-group": {
        const gid = yield* xgroup(this.#p, value());
        return (file) => file.stat.gid === gid;
      }
      case "-size": {
        const [sign, text] = signed(value());
        const size = xatou(/[0-9]$/.test(text) ? `${text}b` : text, SIZES);
        return (file) => compared(sign, file.stat.size, size);
      }
      case "-links": {
        const [sign, text] = signed(value());
        const links = xatou(text);
        return (file) => compared(sign, file.stat.nlink, links);
      }
      default:
        return this.#p.usageError(`unrecognized: ${word}`);
    }
  }

  #print(end: string): Test {
    const { stdout } = this.#p;
    return (file) => {
      const w = stdout.puts(file.path + end);
      dieIfStdoutFailed(this.#p);
      return w === undefined ? true : waited(w);
    };
  }

  #pattern(text: string, casefold: boolean, of: (file: FoundFile) => string): Test {
    const pattern = compilePattern(text, {
      utf8: this.#utf8,
      flags: casefold ? FNM_CASEFOLD : 0,
    });
    return (file) => pattern.matches(of(file));
  }

  #regex(text: string): Test {
    try {
      const regex = regcomp(text, 0, { utf8: this.#utf8 });
      return ({ path }) => {
        const m = regex.exec(path);
        return m !== undefined && m[0] === 0 && m[1] === path.length;
      };
    } catch (e) {
      if (!(e instanceof RegexError)) throw e;
      return die(`bad regex '${text}': ${e.message}`);
    }
  }

  #perm(given: string): Test {
    const sign = /^[-+/]/.test(given) ? given.charAt(0) : "";
    const text = given.slice(sign.length);
    const { sys } = this.#p;
    const umask = sys.umask(0);
    sys.umask(umask);
    const bits = text === "" ? 0 : parseMode(text, 0, umask);
    if (bits === undefined) die(`invalid mode '${text}'`);
    if (sign === "-") return (file) => (file.stat.mode & bits) === bits;
    if (sign === "") return (file) => (file.stat.mode & 0o7777) === bits;
    return (file) => (file.stat.mode & bits) !== 0;
  }

  #age(given: string, unit: number, of: (st: Stat) => number): Test {
    const [sign, text] = signed(given);
    const n = xatou(text);
    const now = this.#p.sys.clock_gettime(0).sec;
    return (file) => {
      const age = now - of(file.stat);
      if (sign === "+") return age >= (n + 1) * unit;
      return age < (sign === "-" ? n : n + 1) * unit && (sign === "-" || age >= n * unit);
    };
  }

  #newer(reference: string): Test {
    let than: number;
    try {
      than = stat(this.#p.sys, reference).mtime.sec;
    } catch (e) {
      return dieErrno(`can't stat '${reference}'`, e);
    }
    return (file) => file.stat.mtime.sec > than;
  }

  #exec(end: number): Test {
    const argv: string[] = [];
    for (;;) {
      const word = this.#argument("-exec", end);
      if (word === ";" || (word === "+" && argv.length > 0)) {
        if (argv.length === 0) die("-exec requires an argument");
        return this.#command(new ExecAction(this.#p, argv, word === "+"));
      }
      argv.push(word);
    }
  }

  #command(action: ExecAction): Test {
    if (!action.batched) return (file) => action.one(file);
    const plan = this.#plan;
    plan.batches.push(action);
    const flush = function* (): Steps<boolean> {
      if (!(yield* action.flush())) plan.failed = true;
      return true;
    };
    return (file) => (action.add(file) ? flush() : true);
  }

  *#noEntries(file: FoundFile): Steps<boolean> {
    try {
      return (yield* readDir(file.sys, file.path)).length === 0;
    } catch (e) {
      yield* this.#p.warn(file.path, e);
      return false;
    }
  }

  #delete(file: FoundFile): boolean | Steps<boolean> {
    try {
      if (!file.isDirectory) file.sys.unlinkat(AT_FDCWD, file.path, 0);
      else if (file.path !== ".") file.sys.unlinkat(AT_FDCWD, file.path, AT_REMOVEDIR);
      return true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return this.#complain(file, e);
    }
  }

  *#complain(file: FoundFile, e: Errno): Steps<boolean> {
    yield* this.#p.warn(file.path, e);
    return true;
  }
}

function type(letter: string): Test {
  const bits = {
    f: S_IFREG,
    d: S_IFDIR,
    l: S_IFLNK,
    b: S_IFBLK,
    c: S_IFCHR,
    s: S_IFSOCK,
    p: S_IFIFO,
  };
  const wanted = Object.hasOwn(bits, letter) ? bits[letter as keyof typeof bits] : undefined;
  if (wanted === undefined) return die(`invalid argument '${letter}' to '-type'`);
  return (file) => file.type === wanted;
}

/** A sign before a number, and the rest. */
function signed(text: string): [sign: string, number: string] {
  return /^[-+]/.test(text) ? [text.charAt(0), text.slice(1)] : ["", text];
}

function compared(sign: string, a: number, b: number): boolean {
  return sign === "+" ? a > b : sign === "-" ? a < b : a === b;
}

/** Reads the command line; dies of what is wrong with it. */
export function* parseFind(p: Process): Steps<Plan> {
  const args = p.argv;
  const plan: Plan = {
    paths: [],
    follow: "never",
    oneFileSystem: false,
    minDepth: 0,
    maxDepth: 0x7fffffff,
    depthFirst: false,
    expression: [],
    batches: [],
    failed: false,
  };
  let at = 1;
  for (; /^-([HLP]+|-)$/.test(args[at] ?? ""); at++) {
    for (const c of args[at] as string) {
      if (c === "H" && plan.follow === "never") plan.follow = "operands";
      if (c === "L") plan.follow = "always";
    }
    if (args[at] === "--") {
      at++;
      break;
    }
  }
  for (; at < args.length && !/^(?:-|[(!]$)/.test(args[at] as string); at++)
    plan.paths.push(args[at] as string);
  if (plan.paths.length === 0) plan.paths.push(".");
  plan.expression = yield* new Parser(p, args, at, plan).parse();
  return plan;
}
