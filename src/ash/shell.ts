// The state of a shell: everything that a subshell copies, and the ways to report errors.
import { EINTR, Errno } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import { strerror } from "../libc/strerror.ts";
import { ArithCache, type ArithEnv } from "./arith.ts";
import type { Builtin } from "./bltin.ts";
import type { Input } from "./input.ts";
import { JobTable } from "./jobtable.ts";
import { History } from "./lineedit/history.ts";
import { noOptions, type Options, optionLetters } from "./options.ts";
import { DYNAMIC, EXPORT, HOOK, READONLY, type Var, VarTable } from "./var.ts";

/** A compiled command. */
export type Run = (sh: Shell) => Blocking<number>;

/** Ends the shell (or subshell): thrown through everything. */
export class ShellExit {
  readonly status: number;
  constructor(status: number) {
    this.status = status;
  }
}

/** An error that ends a script, and a command line of an interactive shell (dash's EXERROR). */
export class ShellError {
  /** Without newline; empty when it was printed already. */
  readonly message: string;
  readonly status: number;
  constructor(message: string, status = 2) {
    this.message = message;
    this.status = status;
  }
}

/** fork(2) of a shell: without room for a child it is the shell's own error. */
export function forkTask(sys: Sys, main: (child: Sys) => Steps<number>): number {
  try {
    return sys.fork(main);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    throw new ShellError(`can't fork: ${strerror(e)}`);
  }
}

/** SIGINT in an interactive shell: back to the prompt. */
export const INTERRUPT: { readonly interrupt: true } = Object.freeze({ interrupt: true as const });

/** What ends a loop, function or file early (dash's evalskip). */
export const SKIP_NONE = 0;
export const SKIP_BREAK = 1;
export const SKIP_CONTINUE = 2;
export const SKIP_RETURN = 3;
/** set -n: nothing more is executed. */
export const SKIP_NOEXEC = 4;

/** A function: its compiled body. */
export interface Func {
  readonly name: string;
  readonly run: Run;
}

/** What the shell's state needs of the parts above it; given when it is made. */
export interface ShellHooks {
  /** Runs all commands of a text, which begins at the given line. */
  runText(sh: Shell, text: string, line: number): Blocking<number>;
  /** Expands a text as in double quotes: PS1, PS4. */
  expandText(sh: Shell, text: string): Blocking<string>;
  /** Runs a file that is no program: a shell of its own, in the task of `sys`. */
  runScript(
    sys: Sys,
    file: string,
    argv: readonly string[],
    envp: readonly string[],
  ): Steps<number>;
}

/** Flags of the characters that matter to splitting and globbing, by code. */
const IFS_SPACE = 1;
const IFS_OTHER = 2;
const MAGIC = 4;
export const CHAR_IFS_SPACE: number = IFS_SPACE;
export const CHAR_IFS_OTHER: number = IFS_OTHER;

const DEFAULT_IFS = " \t\n";

/** Deepest nesting of functions, eval, dot and traps; beyond it the guest gets its SIGSEGV. */
export const MAX_CALL_DEPTH = 10000;

export interface SavedVar {
  v: Var;
  value: string | undefined;
  flags: number;
  /** For `local -`: the options; there is no variable then. */
  opts?: Options;
}

/** Where getopts stands: which word, and which letter of it. */
export interface GetoptsState {
  index: number;
  offset: number;
}

export class Shell implements ArithEnv {
  sys: Sys;
  vars: VarTable;
  opts: Options;
  functions: Map<string, Func>;
  #functionsShared = false;
  aliases: Map<string, string>;
  #aliasesShared = false;
  /** Where commands were found: by name the path. */
  hash: Map<string, string>;
  #hashShared = false;
  /** Actions by signal number; 0 is EXIT, NSIG + 1 is ERR; "" ignores. */
  traps: Map<number, string>;
  #trapsShared = false;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly hooks: ShellHooks;
  /** $0. */
  arg0 = "sh";
  /** Name the program was started by, which some messages begin with. */
  appletName = "sh";
  /** $1 and on. */
  params: readonly string[];
  /** $?. */
  status = 0;
  /** Status of the last command substitution of the command being expanded. */
  backStatus = 0;
  skip: number = SKIP_NONE;
  skipCount = 0;
  loopNest = 0;
  funcNest = 0;
  dotNest = 0;
  depth = 0;
  /** Above 0 where a failure is an answer: set -e and ERR stay out. */
  tested = 0;
  /** set -e or a trap on ERR: something is to be done when a command fails. */
  watchFailure = false;
  lineno = 0;
  /** Line up to which the input was read, for errors that are reported by it. */
  inputLine = 0;
  /** The builtin being run, named in messages. */
  commandName: string | undefined;
  /** $$. */
  rootPid: number;
  /** $!. */
  lastBackground: number | undefined;
  jobs: JobTable;
  /** Interactive, but not in its subshells. */
  isRoot = true;
  /** Signals that came and wait for their traps, and whether any did. */
  pendingSignals: number[] = [];
  pending = false;
  /** SIGINT came to an interactive shell. */
  interrupted = false;
  /** $? when the trap being run began: what exit without argument takes. */
  trapStatus: number | undefined;
  /** Functions being run when the trap began. */
  trapFuncNest = 0;
  inErrTrap = false;
  /** Traps of the shell this one was forked from, which `$(trap)` lists. */
  listedTraps: ReadonlyMap<number, string> | undefined;
  /** Signals whose disposition this shell has set. */
  ownSignals: ReadonlySet<number>;
  /** Where set -x prints. */
  traceFd = 2;
  /** Handlers of the shell's own are installed. */
  catches = false;
  /** Terminal and process group under job control. */
  ttyFd = -1;
  rootPgrp = -1;
  /** Process group before job control began. */
  initialPgrp = -1;
  /** "You have stopped jobs." was said at the last exit. */
  warnedStopped = false;
  /** Signals ignored when the shell began can not be trapped. */
  hardIgnored: ReadonlySet<number>;
  /** Local variables of the functions being run, innermost last. */
  locals: SavedVar[][];
  getopts: Readonly<GetoptsState>;
  /** Logical working directory; undefined when not known. */
  cwd: string | undefined;
  functionName = "";
  input: Input | undefined;
  inputIsFile = false;
  readonly history: History;
  /** Descriptors of process substitutions, to be closed after the command. */
  procFds: number[] = [];
  /** Flags of characters by code; forked shells share it. */
  ifs: Uint8Array;
  #random = 0;
  #randomSeeded = false;
  readonly arithCache: ArithCache;
  readonly mailTimes: Map<string, number>;

  constructor(sys: Sys, builtins: ReadonlyMap<string, Builtin>, hooks: ShellHooks, parent?: Shell) {
    this.sys = sys;
    this.builtins = builtins;
    this.hooks = hooks;
    if (parent === undefined) {
      this.vars = new VarTable();
      this.opts = noOptions();
      this.functions = new Map();
      this.aliases = new Map();
      this.hash = new Map();
      this.traps = new Map();
      this.rootPid = sys.getpid();
      this.jobs = new JobTable();
      this.ifs = ifsTable(DEFAULT_IFS);
      this.hardIgnored = new Set();
      this.ownSignals = new Set();
      this.params = [];
      this.locals = [];
      this.getopts = { index: 1, offset: 0 };
      this.mailTimes = new Map();
      this.arithCache = new ArithCache();
      this.history = new History();
    } else {
      parent.vars.users++;
      this.vars = parent.vars;
      this.opts = { ...parent.opts };
      this.functions = parent.functions;
      this.#functionsShared = true;
      parent.#functionsShared = true;
      this.aliases = parent.aliases;
      this.#aliasesShared = true;
      parent.#aliasesShared = true;
      this.hash = parent.hash;
      this.#hashShared = true;
      parent.#hashShared = true;
      this.traps = parent.traps;
      this.#trapsShared = true;
      parent.#trapsShared = true;
      this.rootPid = parent.rootPid;
      this.jobs = parent.jobs.forked();
      this.ifs = parent.ifs;
      this.mailTimes = parent.mailTimes;
      this.arithCache = parent.arithCache;
      this.history = parent.history;
      this.arg0 = parent.arg0;
      this.appletName = parent.appletName;
      this.params = parent.params;
      this.status = parent.status;
      this.backStatus = parent.backStatus;
      this.loopNest = parent.loopNest;
      this.funcNest = parent.funcNest;
      this.dotNest = parent.dotNest;
      // As after fork(2) of a process, whose stack is as deep as its parent's.
      this.depth = parent.depth;
      this.tested = parent.tested;
      this.watchFailure = parent.watchFailure;
      this.lineno = parent.lineno;
      this.inputLine = parent.inputLine;
      this.commandName = parent.commandName;
      this.lastBackground = parent.lastBackground;
      this.isRoot = false;
      this.hardIgnored = parent.hardIgnored;
      this.ownSignals = parent.ownSignals;
      this.trapStatus = undefined;
      this.ttyFd = parent.ttyFd;
      this.rootPgrp = parent.rootPgrp;
      this.locals = parent.locals.map((frame) => frame.slice());
      this.getopts = parent.getopts;
      this.cwd = parent.cwd;
      this.functionName = parent.functionName;
      this.input = parent.input;
      this.inputIsFile = parent.inputIsFile;
      this.#random = parent.#random;
      this.#randomSeeded = parent.#randomSeeded;
    }
  }

  /** For arithmetic, whose environment the shell is. */
  get cache(): ArithCache {
    return this.arithCache;
  }

  /** The state for a child task: this one's, its own from here on. The child puts its `sys` in. */
  fork(): Shell {
    return new Shell(this.sys, this.builtins, this.hooks, this);
  }

  /** The shell is at its end: what it shares is the others' alone. */
  release(): void {
    if (this.vars.users > 1) {
      this.vars.users--;
      this.vars = new VarTable();
    }
  }

  // ---- state that forked shells share until one writes -------------------------------------------

  ownVars(): VarTable {
    if (this.vars.shared) {
      const old = this.vars;
      old.users--;
      this.vars = old.copy();
      // Saved local values refer to cells of the old table.
      for (const frame of this.locals) {
        for (const saved of frame) {
          if (saved.opts === undefined) saved.v = this.vars.cell(saved.v.name);
        }
      }
    }
    return this.vars;
  }

  ownFunctions(): Map<string, Func> {
    if (this.#functionsShared) {
      this.functions = new Map(this.functions);
      this.#functionsShared = false;
    }
    return this.functions;
  }

  ownAliases(): Map<string, string> {
    if (this.#aliasesShared) {
      this.aliases = new Map(this.aliases);
      this.#aliasesShared = false;
    }
    return this.aliases;
  }

  ownHash(): Map<string, string> {
    if (this.#hashShared) {
      this.hash = new Map(this.hash);
      this.#hashShared = false;
    }
    return this.hash;
  }

  ownTraps(): Map<number, string> {
    if (this.#trapsShared) {
      this.traps = new Map(this.traps);
      this.#trapsShared = false;
    }
    return this.traps;
  }

  /** Puts other traps in place: in a new child. */
  replaceTraps(traps: Map<number, string>): void {
    this.traps = traps;
    this.#trapsShared = false;
  }

  // ---- variables ---------------------------------------------------------------------------------

  /** Value of a variable (not of a special parameter). */
  get(name: string): string | undefined {
    const v = this.vars.get(name);
    if (v === undefined) return undefined;
    return (v.flags & DYNAMIC) === 0 ? v.value : this.varRead(name);
  }

  /** Assigns, with the marks of the variable and set -a in force. Throws when it is read-only. */
  set(name: string, value: string, flags = 0): void {
    const table = this.vars.shared ? this.ownVars() : this.vars;
    this.assign(table.cell(name), value, flags);
  }

  /** Assigns to a cell of the shell's own table. */
  assign(v: Var, value: string | undefined, flags = 0): void {
    if ((v.flags & READONLY) !== 0) throw this.error(`${v.name}: is read only`);
    let add = flags;
    if (this.opts.allexport && value !== undefined) add |= EXPORT;
    if (((v.flags | add) & EXPORT) !== 0) this.vars.touchEnviron();
    v.flags |= add;
    v.value = value;
    if ((v.flags & HOOK) !== 0) this.varChanged(v.name, value);
  }

  /** Unsets; throws when it is read-only. */
  unset(name: string): void {
    const found = this.vars.get(name);
    if (found === undefined) return;
    if ((found.flags & READONLY) !== 0) throw this.error(`${name}: is read only`);
    const v = this.ownVars().cell(name);
    if ((v.flags & EXPORT) !== 0) this.vars.touchEnviron();
    v.value = undefined;
    v.flags &= HOOK;
    if ((v.flags & HOOK) !== 0) this.varChanged(name, undefined);
  }

  /** Makes a variable of the running function local; its old value comes back at the end. */
  makeLocal(name: string): Var {
    const v = this.ownVars().cell(name);
    const frame = this.locals[this.locals.length - 1] as SavedVar[];
    frame.push({ v, value: v.value, flags: v.flags });
    return v;
  }

  /** `local -`. */
  makeOptionsLocal(): void {
    const frame = this.locals[this.locals.length - 1] as SavedVar[];
    const v: Var = { name: "-", value: undefined, flags: 0 };
    frame.push({ v, value: undefined, flags: 0, opts: { ...this.opts } });
  }

  restoreLocals(frame: SavedVar[]): void {
    if (frame.length === 0) return;
    this.ownVars();
    for (let i = frame.length - 1; i >= 0; i--) {
      const { v: old, value, flags, opts } = frame[i] as SavedVar;
      if (opts !== undefined) {
        this.opts = { ...opts, monitor: this.opts.monitor };
        this.refreshWatch();
        continue;
      }
      const v = this.vars.cell(old.name);
      if (((v.flags | flags) & EXPORT) !== 0) this.vars.touchEnviron();
      v.value = value;
      v.flags = flags;
      if ((flags & HOOK) !== 0) this.varChanged(v.name, value);
    }
  }

  varRead(name: string): string {
    switch (name) {
      case "LINENO":
        return String(this.lineno);
      case "RANDOM":
        return String(this.#nextRandom());
      default:
        return this.functionName;
    }
  }

  varChanged(name: string, value: string | undefined): void {
    switch (name) {
      case "IFS":
        this.ifs = ifsTable(value ?? DEFAULT_IFS);
        break;
      case "PATH":
        if (this.hash.size > 0) this.ownHash().clear();
        break;
      case "OPTIND": {
        const n = Number(value ?? "1");
        this.getopts = { index: n >= 1 ? Math.floor(n) : 1, offset: 0 };
        break;
      }
      case "RANDOM":
        this.#random = Number.parseInt(value ?? "0", 10) >>> 0;
        this.#randomSeeded = true;
        break;
    }
  }

  #nextRandom(): number {
    if (!this.#randomSeeded) {
      const b = this.sys.getrandom(4);
      for (const byte of b) this.#random = ((this.#random << 8) | byte) >>> 0;
      this.#randomSeeded = true;
    }
    // The linear congruential generator of "Numerical Recipes", its better bits.
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return (this.#random >>> 16) & 0x7fff;
  }

  /** What separates the parameters in "$*". */
  separator(): string {
    const ifs = this.vars.get("IFS")?.value;
    return ifs === undefined ? " " : ifs.charAt(0);
  }

  /** Value of `$?`, `$#`, `$1` and so on; undefined when unset. */
  special(name: string): string | undefined {
    switch (name) {
      case "?":
        return String(this.status);
      case "#":
        return String(this.params.length);
      case "$":
        return String(this.rootPid);
      case "!":
        return this.lastBackground === undefined ? undefined : String(this.lastBackground);
      case "-":
        return optionLetters(this.opts);
      case "@":
      case "*":
        return this.params.length === 0 ? undefined : this.params.join(this.separator());
      case "0":
        return this.arg0;
      default:
        return this.params[Number(name) - 1];
    }
  }

  refreshWatch(): void {
    this.watchFailure = this.opts.errexit || this.traps.has(TRAP_ERR);
  }

  // ---- messages ----------------------------------------------------------------------------------

  /** "name: builtin: line N: message", as ash begins its messages. */
  #prefixed(message: string, line: number): string {
    let out = `${this.arg0}: `;
    const name = this.commandName;
    if (name !== undefined && name !== this.arg0) out += `${name}: `;
    if (name !== undefined && (!this.opts.interactive || this.inputIsFile)) {
      out += `line ${line}: `;
    }
    return out + message;
  }

  /** An error that ends the script: to be thrown. */
  error(message: string, status = 2): ShellError {
    return new ShellError(this.#prefixed(message, this.lineno), status);
  }

  /** As {@link error}, reported by where the input stands. */
  inputError(message: string, line: number = this.inputLine): ShellError {
    return new ShellError(this.#prefixed(message, line), 2);
  }

  /** A whole line of complaint. */
  message(text: string): string {
    return `${this.#prefixed(text, this.lineno)}\n`;
  }

  /** Prints a message in the shell's form and goes on with `status`. */
  complain(message: string, status: number): Blocking<number> {
    return this.print2(`${this.#prefixed(message, this.lineno)}\n`, status);
  }

  /** As applets complain: "sh: message". */
  appletComplaint(message: string, status: number): Blocking<number> {
    return this.print2(`${this.appletName}: ${message}\n`, status);
  }

  /** Writes to standard error and goes on with `status`. */
  print2(text: string, status: number): Blocking<number> {
    const w = this.write(2, text);
    return isSteps(w) ? finishWith(w, status) : status;
  }

  /** Writes a builtin's output; the status is 1 (with a message) when that fails. */
  print(text: string, status = 0): Blocking<number> {
    if (text === "") return status;
    const w = this.write(1, text);
    if (isSteps(w)) return this.#printed(w, status);
    return w === undefined ? status : this.#writeError(w);
  }

  /** Output and complaints of a builtin that had both. */
  printBoth(text: string, complaint: string, status: number): Blocking<number> {
    return this.#printThen(text, complaint, status);
  }

  *#printThen(text: string, complaint: string, status: number): Steps<number> {
    // Standard output is buffered until the end of a builtin, standard error is not.
    if (complaint !== "") {
      const w = this.print2(complaint, 0);
      if (isSteps(w)) yield* w;
    }
    const p = this.print(text, status);
    return isSteps(p) ? yield* p : p;
  }

  *#printed(w: Steps<Errno | undefined>, status: number): Steps<number> {
    const e = yield* w;
    if (e === undefined) return status;
    const c = this.#writeError(e);
    return isSteps(c) ? yield* c : c;
  }

  #writeError(e: Errno): Blocking<number> {
    return this.appletComplaint(`write error: ${strerror(e)}`, 1);
  }

  /** Writes all of `text`: undefined, or the error that stopped it. */
  write(fd: number, text: string): Blocking<Errno | undefined> {
    const bytes = bytesOf(text);
    try {
      const n = this.sys.write(fd, bytes);
      if (n === bytes.length) return undefined;
      return this.#writeRest(fd, bytes, n);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return e === EINTR ? this.#writeRest(fd, bytes, 0) : e;
    }
  }

  *#writeRest(fd: number, bytes: Uint8Array, first: Blocking<number>): Steps<Errno | undefined> {
    let call = first;
    let done = 0;
    for (;;) {
      try {
        done += isSteps(call) ? yield* call : call;
        if (done >= bytes.length) return undefined;
        call = this.sys.write(fd, done === 0 ? bytes : bytes.subarray(done));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (e !== EINTR) return e;
        if (this.interrupted) throw INTERRUPT;
        call = 0;
      }
    }
  }
}

/** Pseudo signal of the ERR trap. */
export const TRAP_ERR = 65;

/** The flags of characters for a value of IFS. */
function ifsTable(ifs: string): Uint8Array {
  const t = new Uint8Array(256);
  for (const c of "*?[\\") t[c.charCodeAt(0)] = MAGIC;
  for (let i = 0; i < ifs.length; i++) {
    const c = ifs.charCodeAt(i);
    t[c] = (t[c] as number) | (c === 32 || c === 9 || c === 10 ? IFS_SPACE : IFS_OTHER);
  }
  return t;
}

function* finishWith(steps: Steps<unknown>, status: number): Steps<number> {
  yield* steps;
  return status;
}
