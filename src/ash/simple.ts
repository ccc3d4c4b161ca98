// Simple commands (POSIX XCU 2.9.1): expansion, assignments, redirections, what the name means.
import { Errno } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../abi/program.ts";
import { finish, finishLater, tellError } from "./after.ts";
import type { Builtin } from "./bltin.ts";
import { execFault, execute, findCommand, STANDARD_PATH } from "./exec.ts";
import { compileFields, expandWords } from "./expand.ts";
import { runExternal } from "./external.ts";
import { assignLocally, callFunction, runFunction } from "./function.ts";
import type { Cmd, Word } from "./nodes.ts";
import { assignment } from "./parser.ts";
import {
  applyRedirs,
  type CompiledRedir,
  compileRedirs,
  expandRedirs,
  pushRedirs,
  RedirFault,
  restoreFds,
  type SavedFds,
  type Target,
} from "./redir.ts";
import { type Func, type Run, type SavedVar, type Shell, ShellError, ShellExit } from "./shell.ts";
import { traceCommand } from "./trace.ts";
import { hasTraps } from "./trap.ts";
import { EXPORT } from "./var.ts";
import {
  compileString,
  type FieldsWord,
  type StringWord,
  TILDE_ASSIGN,
  type WordHost,
} from "./word.ts";

interface Assign {
  name: string;
  value: StringWord;
}

/** A simple command, compiled. */
interface Simple {
  line: number;
  assigns: readonly Assign[];
  words: readonly FieldsWord[];
  redirs: readonly CompiledRedir[];
  exits: boolean;
  node: Cmd;
}

const NO_TARGETS: readonly Target[] = Object.freeze([]);

/** Is this the beginning of a command whose arguments may be assignments? undefined: not known. */
function takesAssignments(names: readonly (string | undefined)[]): boolean | undefined {
  let i = 0;
  while (names[i] === "command" || (i > 0 && (names[i] === "-p" || names[i] === "--"))) i++;
  if (i >= names.length) return false;
  const name = names[i];
  if (name === undefined) return undefined;
  return name === "export" || name === "readonly" || name === "local";
}

/** A word like `x=$y` as an argument: one field for export and the like, an ordinary word for others. */
function compileArgument(word: Word, before: readonly FieldsWord[], host: WordHost): FieldsWord {
  if (assignment(word) === undefined || before.length === 0) return compileFields(word, host);
  const known = takesAssignments(before.map((w) => w.constant));
  if (known === false) return compileFields(word, host);
  const whole = compileWhole(word, host);
  if (known === true) return whole;
  const plain = compileFields(word, host);
  return {
    pure: false,
    constant: undefined,
    run: (sh, out) => (takesAssignments(out) === true ? whole : plain).run(sh, out),
  };
}

/** A simple command. `exits`: a program may take the place of the shell. */
export function compileCmd(node: Cmd, exits: boolean, host: WordHost): Run {
  const words: FieldsWord[] = [];
  for (let i = 0; i < node.args.length; i++) {
    words.push(compileArgument(node.args[i] as Word, words, host));
  }
  const assigns = node.assigns.map(({ name, value }) => ({
    name,
    value: compileString(value, TILDE_ASSIGN, host),
  }));
  const redirs = compileRedirs(node.redirs, host);
  const cmd: Simple = { line: node.line, assigns, words, redirs, exits, node };
  if (words.length === 0) {
    if (redirs.length === 0 && assigns.every((a) => a.value.pure)) return compileAssigns(cmd);
    return (sh) => {
      sh.lineno = cmd.line;
      return finishLater(sh, runNoWords(sh, cmd));
    };
  }
  const plain = assigns.length === 0 && redirs.length === 0;
  const constant = words.map((word) => word.constant).filter((s) => s !== undefined);
  if (plain && constant.length === words.length) {
    const argv: readonly string[] = Object.freeze(constant);
    return (sh) => {
      sh.lineno = cmd.line;
      return sh.opts.xtrace ? runTraced(sh, cmd, argv) : runPlain(sh, cmd, argv);
    };
  }
  return (sh) => {
    sh.lineno = cmd.line;
    sh.backStatus = 0;
    const argv: string[] = [];
    const waiting = expandWords(sh, words, 0, argv);
    if (waiting !== undefined) return expandedLater(sh, cmd, argv, waiting);
    if (plain && argv.length > 0 && !sh.opts.xtrace) return runPlain(sh, cmd, argv);
    return runExpanded(sh, cmd, argv);
  };
}

/** An argument like `x=$y` of export: one field, tildes as in assignments. */
function compileWhole(word: Word, host: WordHost): FieldsWord {
  const found = assignment(word) as NonNullable<ReturnType<typeof assignment>>;
  const { pure, run, constant } = compileString(found.value, TILDE_ASSIGN, host);
  const head = `${found.name}=`;
  if (constant !== undefined) {
    const text = head + constant;
    return {
      pure,
      constant: text,
      run: (_sh, out) => {
        out.push(text);
      },
    };
  }
  return {
    pure,
    constant: undefined,
    run: (sh, out) => {
      const s = run(sh);
      if (typeof s !== "string") return wholeLater(s, head, out);
      out.push(head + s);
      return undefined;
    },
  };
}

function* wholeLater(steps: Steps<string>, head: string, out: string[]): Steps<void> {
  out.push(head + (yield* steps));
}

/** Assignments that need not wait, nothing else: the inner loops of scripts. */
function compileAssigns(cmd: Simple): Run {
  const { assigns, line } = cmd;
  const only = assigns[0];
  if (only !== undefined && assigns.length === 1) {
    const { name } = only;
    const run = only.value.run as (sh: Shell) => string;
    return (sh) => {
      sh.lineno = line;
      if (sh.opts.xtrace) return finishLater(sh, runNoWords(sh, cmd));
      sh.set(name, run(sh));
      return finish(sh, 0);
    };
  }
  return (sh) => {
    sh.lineno = line;
    if (sh.opts.xtrace) return finishLater(sh, runNoWords(sh, cmd));
    for (let i = 0; i < assigns.length; i++) {
      const { name, value } = assigns[i] as Assign;
      sh.set(name, value.run(sh) as string);
    }
    return finish(sh, 0);
  };
}

/** Carries out assignments before a command one after the other: later ones see those before. */
function* makeAssigns(
  sh: Shell,
  assigns: readonly Assign[],
  local: boolean,
): Steps<[string, string][]> {
  const out: [string, string][] = [];
  for (let i = 0; i < assigns.length; i++) {
    const { name, value } = assigns[i] as Assign;
    const s = value.run(sh);
    const text = typeof s === "string" ? s : yield* s;
    if (local) assignLocally(sh, name, text);
    else sh.set(name, text);
    out.push([name, text]);
  }
  return out;
}

/** A command without words: redirections come and go, assignments stay. */
function* runNoWords(sh: Shell, cmd: Simple): Steps<number> {
  sh.backStatus = 0;
  return yield* runNothing(sh, cmd);
}

function* runNothing(sh: Shell, cmd: Simple): Steps<number> {
  const expanded = expandRedirs(sh, cmd.redirs);
  const targets = isSteps(expanded) ? yield* expanded : expanded;
  const saved: SavedFds = [];
  try {
    const pushed = pushRedirs(sh, targets, saved);
    if (pushed !== undefined) yield* pushed;
    const made = yield* makeAssigns(sh, cmd.assigns, false);
    if (sh.opts.xtrace && made.length > 0) yield* traceCommand(sh, made, []);
  } catch (e) {
    if (e instanceof RedirFault) {
      const c = sh.complain(e.message, 1);
      return isSteps(c) ? yield* c : c;
    }
    if (!(e instanceof ShellError) || e.message === "") throw e;
    yield* tellError(sh, e);
    throw new ShellError("", e.status);
  } finally {
    restoreFds(sh.sys, saved);
  }
  return sh.backStatus;
}

function* expandedLater(
  sh: Shell,
  cmd: Simple,
  argv: string[],
  waiting: Steps<void>,
): Steps<number> {
  yield* waiting;
  if (argv.length === 0) {
    const r = finish(sh, yield* runNothing(sh, cmd));
    return isSteps(r) ? yield* r : r;
  }
  const plain = cmd.assigns.length === 0 && cmd.redirs.length === 0 && !sh.opts.xtrace;
  const r = plain ? runPlain(sh, cmd, argv) : runExpanded(sh, cmd, argv);
  return isSteps(r) ? yield* r : r;
}

/** Runs a command without assignments or redirections. */
function runPlain(sh: Shell, cmd: Simple, argv: readonly string[]): Blocking<number> {
  const name = argv[0] as string;
  const builtin = sh.builtins.get(name);
  if (builtin?.special) {
    const last = cmd.exits && !sh.watchFailure && !sh.pending;
    return runBuiltin(sh, builtin, argv, true, last ? builtin.runLast : undefined);
  }
  if (sh.functions.size > 0) {
    const func = sh.functions.get(name);
    if (func !== undefined) return runFunction(sh, func, argv);
  }
  if (builtin !== undefined) {
    if (name === "command") return runCommand(sh, cmd, argv, NO_TARGETS);
    return runBuiltin(sh, builtin, argv, false);
  }
  return finishLater(sh, runProgram(sh, cmd, argv, NO_TARGETS, undefined));
}

function* runTraced(sh: Shell, cmd: Simple, argv: readonly string[]): Steps<number> {
  yield* traceCommand(sh, [], argv);
  const r = runPlain(sh, cmd, argv);
  return isSteps(r) ? yield* r : r;
}

function builtinFault(sh: Shell, e: unknown, special: boolean, name: string | undefined): number {
  sh.commandName = name;
  // An error of a builtin that is not special only ends the builtin.
  if (!(e instanceof ShellError) || special) throw e;
  return -1;
}

function runBuiltin(
  sh: Shell,
  builtin: Builtin,
  argv: readonly string[],
  special: boolean,
  run: Builtin["run"] = builtin.run,
): Blocking<number> {
  const outer = sh.commandName;
  sh.commandName = argv[0] as string;
  let status: Blocking<number>;
  try {
    status = run(sh, argv);
  } catch (e) {
    builtinFault(sh, e, special, outer);
    return finishLater(sh, tellError(sh, e as ShellError));
  }
  if (typeof status !== "number") return builtinLater(sh, status, special, outer);
  sh.commandName = outer;
  return finish(sh, status);
}

function* builtinLater(
  sh: Shell,
  steps: Steps<number>,
  special: boolean,
  outer: string | undefined,
): Steps<number> {
  let status: number;
  try {
    status = yield* steps;
    sh.commandName = outer;
  } catch (e) {
    builtinFault(sh, e, special, outer);
    status = yield* tellError(sh, e as ShellError);
  }
  const r = finish(sh, status);
  return isSteps(r) ? yield* r : r;
}

// ---- commands with assignments and redirections ----------------------------------------------------

function* runExpanded(sh: Shell, cmd: Simple, argv: readonly string[]): Steps<number> {
  if (argv.length === 0) {
    const r = finish(sh, yield* runNothing(sh, cmd));
    return isSteps(r) ? yield* r : r;
  }
  const expanded = expandRedirs(sh, cmd.redirs);
  const targets = isSteps(expanded) ? yield* expanded : expanded;
  const name = argv[0] as string;
  const builtin = sh.builtins.get(name);
  const special = builtin?.special === true;
  const func = special ? undefined : sh.functions.get(name);
  if (cmd.assigns.length > 0 && targets.length > 0) {
    // Redirections are made before assignments are expanded.
    const run: Run = (s) => runNamedWith(s, cmd, argv, NO_TARGETS, func, builtin, special, false);
    return yield* runInShell(sh, argv, targets, run, special, true, true);
  }
  return yield* runNamedWith(sh, cmd, argv, targets, func, builtin, special, true);
}

/** Makes the assignments and runs the command. */
function* runNamedWith(
  sh: Shell,
  cmd: Simple,
  argv: readonly string[],
  targets: readonly Target[],
  func: Func | undefined,
  builtin: Builtin | undefined,
  special: boolean,
  finishes: boolean,
): Steps<number> {
  if (special) {
    const assigns = yield* makeAssigns(sh, cmd.assigns, false);
    if (argv[0] === "exec" && argv.length > 1) for (const [n, v] of assigns) sh.set(n, v, EXPORT);
    if (sh.opts.xtrace) yield* traceCommand(sh, assigns, argv);
    const run: Run = (s) => callBuiltin(s, builtin as Builtin, argv, true);
    return yield* runInShell(sh, argv, targets, run, true, finishes);
  }
  if (cmd.assigns.length === 0) {
    if (sh.opts.xtrace) yield* traceCommand(sh, [], argv);
    return yield* runNamed(sh, cmd, argv, targets, func, builtin, undefined, undefined, finishes);
  }
  const frame: SavedVar[] = [];
  sh.locals.push(frame);
  try {
    const assigns = yield* makeAssigns(sh, cmd.assigns, true);
    if (sh.opts.xtrace) yield* traceCommand(sh, assigns, argv);
    const path = assigns.findLast(([n]) => n === "PATH")?.[1];
    return yield* runNamed(sh, cmd, argv, targets, func, builtin, path, frame, finishes);
  } finally {
    // The function's own frame is gone by now.
    sh.locals.splice(sh.locals.indexOf(frame), 1);
    sh.restoreLocals(frame);
  }
}

/** Runs what a name was found to be, assignments being made. */
function* runNamed(
  sh: Shell,
  cmd: Simple,
  argv: readonly string[],
  targets: readonly Target[],
  func: Func | undefined,
  builtin: Builtin | undefined,
  path: string | undefined,
  locals: SavedVar[] | undefined,
  finishes: boolean,
): Steps<number> {
  if (func !== undefined) {
    const run: Run = (s) => callFunction(s, func, argv, locals);
    return yield* runInShell(sh, argv, targets, run, false, finishes);
  }
  if (builtin === undefined) {
    const status = yield* runProgram(sh, cmd, argv, targets, path);
    if (!finishes) return status;
    const r = finish(sh, status);
    return isSteps(r) ? yield* r : r;
  }
  if (builtin.name === "command") {
    const r = runCommand(sh, cmd, argv, targets);
    return isSteps(r) ? yield* r : r;
  }
  const run: Run = (s) => callBuiltin(s, builtin, argv, false);
  return yield* runInShell(sh, argv, targets, run, false, finishes);
}

/** A builtin by itself; redirections and assignments are the caller's. */
function* callBuiltin(
  sh: Shell,
  builtin: Builtin,
  argv: readonly string[],
  special: boolean,
): Steps<number> {
  const outer = sh.commandName;
  sh.commandName = argv[0] as string;
  try {
    const r = builtin.run(sh, argv);
    const status = typeof r === "number" ? r : yield* r;
    sh.commandName = outer;
    return status;
  } catch (e) {
    builtinFault(sh, e, special, outer);
    return yield* tellError(sh, e as ShellError);
  }
}

/** Runs a function or builtin with redirections around it. */
function* runInShell(
  sh: Shell,
  argv: readonly string[],
  targets: readonly Target[],
  run: Run,
  special: boolean,
  /** Do what is due after a command? Not where the caller does. */
  finishes = true,
  /** `run` makes the assignments and traces the command. */
  traces = false,
): Steps<number> {
  const saved: SavedFds = [];
  let keep = argv[0] === "exec";
  let status: number;
  try {
    try {
      const pushed = pushRedirs(sh, targets, saved);
      if (pushed !== undefined) yield* pushed;
    } catch (e) {
      if (!(e instanceof RedirFault)) throw e;
      keep = false;
      const c = sh.complain(e.message, 1);
      status = isSteps(c) ? yield* c : c;
      if (special) throw new ShellError("", 1);
      const r = finish(sh, status);
      return isSteps(r) ? yield* r : r;
    }
    // The trace of the command goes to where standard error was before.
    if (traces) sh.traceFd = Math.max(2, saved.find(({ fd }) => fd === 2)?.saved ?? 2);
    const r = run(sh);
    status = typeof r === "number" ? r : yield* r;
  } catch (e) {
    if (!(e instanceof ShellError) || e.message === "") throw e;
    yield* tellError(sh, e);
    throw new ShellError("", e.status);
  } finally {
    sh.traceFd = 2;
    if (keep) forgetFds(sh, saved);
    else restoreFds(sh.sys, saved);
  }
  if (!finishes) return status;
  const r = finish(sh, status);
  return isSteps(r) ? yield* r : r;
}

/** The redirections stay: exec without a command. */
function forgetFds(sh: Shell, saved: SavedFds): void {
  for (const { saved: copy } of saved) {
    if (copy < 0) continue;
    try {
      sh.sys.close(copy);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
}

// ---- command ---------------------------------------------------------------------------------------

/** `command name args`: no functions, and special builtins are ordinary ones. */
function runCommand(
  sh: Shell,
  cmd: Simple,
  argv: readonly string[],
  targets: readonly Target[],
): Blocking<number> {
  let at = 1;
  let path: string | undefined;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (arg === "--") {
      at++;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") break;
    if (/[^p]/.test(arg.slice(1))) {
      // -v and -V, and wrong options: the builtin itself.
      const builtin = sh.builtins.get("command") as Builtin;
      if (targets.length === 0) return runBuiltin(sh, builtin, argv, false);
      const run: Run = (s) => callBuiltin(s, builtin, argv, false);
      return runInShell(sh, argv, targets, run, false);
    }
    path = STANDARD_PATH;
  }
  const rest = argv.slice(at);
  const name = rest[0];
  if (name === undefined) return runInShell(sh, argv, targets, () => 0, false);
  if (name === "command") return runCommand(sh, cmd, rest, targets);
  const builtin = sh.builtins.get(name);
  if (builtin === undefined) return finishLater(sh, runProgram(sh, cmd, rest, targets, path));
  return runInShell(sh, rest, targets, (s) => callBuiltin(s, builtin, rest, false), false);
}

// ---- programs --------------------------------------------------------------------------------------

function* runProgram(
  sh: Shell,
  cmd: Simple,
  argv: readonly string[],
  targets: readonly Target[],
  path: string | undefined,
): Steps<number> {
  const name = argv[0] as string;
  const found = findCommand(sh, name, path);
  if (found instanceof Errno) {
    const hook = sh.functions.get("command_not_found_handle");
    return yield* complainWith(sh, targets, () => {
      // The hook gets the name alone, and its status is nobody's.
      if (hook !== undefined) return askHook(sh, hook, name);
      return sh.complain(`${name}: ${execFault(found).text}`, 127);
    });
  }
  const envp = sh.vars.environ();
  if (cmd.exits && !hasTraps(sh)) {
    try {
      const applied = applyRedirs(sh, sh.sys, targets);
      if (applied !== undefined) yield* applied;
    } catch (e) {
      if (!(e instanceof RedirFault)) throw e;
      const c = sh.complain(e.message, 1);
      return isSteps(c) ? yield* c : c;
    }
    const failed = yield* execute(sh.sys, found, argv, envp, (file) =>
      sh.hooks.runScript(sh.sys, file, argv, envp),
    );
    if (typeof failed === "number") throw new ShellExit(failed);
    const { text, status } = execFault(failed);
    const c = sh.complain(`${name}: ${text}`, status);
    return isSteps(c) ? yield* c : c;
  }
  return yield* runExternal(sh, found, argv, envp, targets, cmd.node);
}

function* askHook(sh: Shell, hook: Func, name: string): Steps<number> {
  const r = callFunction(sh, hook, ["", name]);
  if (isSteps(r)) yield* r;
  return 127;
}

/** Complains about a command that is not there, with its redirections in force. */
function* complainWith(
  sh: Shell,
  targets: readonly Target[],
  say: () => Blocking<number>,
): Steps<number> {
  const saved: SavedFds = [];
  try {
    const pushed = pushRedirs(sh, targets, saved);
    if (pushed !== undefined) yield* pushed;
    const r = say();
    return typeof r === "number" ? r : yield* r;
  } catch (e) {
    if (!(e instanceof RedirFault)) throw e;
    const c = sh.complain(e.message, 1);
    return isSteps(c) ? yield* c : c;
  } finally {
    restoreFds(sh.sys, saved);
  }
}
