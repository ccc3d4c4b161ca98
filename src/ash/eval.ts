// Compiling commands to closures and running them (POSIX XCU 2.9).
//
// A closure does all that need not wait and returns the status; where something has to wait it returns
// the rest of the work as Steps. So plain loops, functions and builtins never make a generator.
import { Errno } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../abi/program.ts";
import type { Builtin } from "./bltin.ts";
import { callDeep, cutsHere } from "./deep.ts";
import { execute, execFault, findCommand, STANDARD_PATH } from "./exec.ts";
import {
  compileFields,
  compilePattern,
  compileString,
  type FieldsWord,
  type StringWord,
  TILDE_ASSIGN,
  TILDE_NONE,
  TILDE_START,
  type WordHost,
} from "./expand.ts";
import {
  spawnBackground,
  spawnBackgroundPipe,
  spawnPipeline,
  spawnSubshell,
  substitute,
  substituteProcess,
} from "./fork.ts";
import { waitForJob } from "./jobs.ts";
import { runExternal } from "./external.ts";
import { assignment, parsePrompt } from "./parser.ts";
import { SyntaxFault } from "./lex.ts";
import type { Cmd, Node, Word } from "./nodes.ts";
import { type Pattern, patternMemo, shellPattern } from "./pattern.ts";
import {
  applyRedirs,
  compileRedirs,
  type CompiledRedir,
  expandRedirs,
  pushRedirs,
  RedirFault,
  restoreFds,
  type SavedFds,
  type Target,
} from "./redir.ts";
import {
  type Func,
  INTERRUPT,
  MAX_CALL_DEPTH,
  type Run,
  type SavedVar,
  type Shell,
  ShellError,
  ShellExit,
  SKIP_BREAK,
  SKIP_NOEXEC,
  SKIP_NONE,
  SKIP_RETURN,
} from "./shell.ts";
import { traceCommand } from "./trace.ts";
import { runErrTrap, runTraps, stackOverflow } from "./trap.ts";
import { EXPORT, READONLY } from "./var.ts";

/** Compiles a command. `exits`: it is the last thing its shell does, so a program may replace it. */
export function compile(node: Node, exits = false): Run {
  switch (node.type) {
    case "cmd":
      return compileCmd(node, exits);
    case "list":
      return compileList(node.items, exits);
    case "and":
      return compileAnd(compile(node.left), compile(node.right, exits));
    case "or":
      return compileOr(compile(node.left), compile(node.right, exits));
    case "not":
      return compileNot(compile(node.body));
    case "if":
      return compileIf(
        compile(node.cond),
        compile(node.then, exits),
        node.else === null ? undefined : compile(node.else, exits),
      );
    case "while":
      return compileWhile(compile(node.cond), compile(node.body), node.until);
    case "for":
      return compileFor(node);
    case "case":
      return compileCase(node, exits);
    case "defun":
      return compileDefun(node);
    case "redir":
      return compileRedirected(node);
    case "subshell":
      return compileSubshell(node, exits);
    case "pipe":
      return compilePipe(node);
    case "background":
      return compileBackground(node.body);
  }
}

function compileBackground(body: Node): Run {
  if (body.type === "pipe") {
    const members = body.cmds.map(exitForm);
    return (sh) => spawnBackgroundPipe(sh, body.cmds, members);
  }
  const run = exitForm(body);
  return (sh) => spawnBackground(sh, body, run);
}

/** A command compiled as the last of its shell, when first needed. */
function exitForm(node: Node): Run {
  let run: Run | undefined;
  return (sh) => {
    run ??= compile(node, true);
    return run(sh);
  };
}

const HOST: WordHost = Object.freeze({
  substitute: (body: Node | null) => {
    if (body === null) {
      return (sh: Shell): string => {
        sh.backStatus = 0;
        return "";
      };
    }
    const run = exitForm(body);
    return (sh: Shell) => substitute(sh, body, run);
  },
  process: (body: Node | null, out: boolean) => {
    const run: Run = body === null ? () => 0 : exitForm(body);
    return (sh: Shell): string => substituteProcess(sh, run, out);
  },
});

/**
 * Expands a text as inside double quotes, but backslashes stay: prompts and PS4. A syntax error is an
 * error of the shell's.
 */
export function expandText(sh: Shell, prompt: string): Blocking<string> {
  const text = prompt.replace(/\\([$`]?)/g, (_all, c) => (c === "" ? "\\\\" : `\\\\\\${c}`));
  let word: Word;
  try {
    word = parsePrompt(text);
  } catch (e) {
    if (e instanceof SyntaxFault) throw sh.inputError(`syntax error: ${e.message}`);
    throw e;
  }
  return compileString(word, TILDE_NONE, HOST).run(sh);
}

// ---- after a command -------------------------------------------------------------------------------

/** Sets $? and does what is due after a command: errexit, traps. */
function finish(sh: Shell, status: number): Blocking<number> {
  sh.status = status;
  if (sh.procFds.length > 0) closeProcFds(sh);
  if (sh.pending || (status !== 0 && sh.watchFailure && sh.tested === 0)) return after(sh, status);
  return status;
}

function* after(sh: Shell, status: number): Steps<number> {
  if (status !== 0 && sh.watchFailure && sh.tested === 0) {
    yield* runErrTrap(sh);
    if (sh.opts.errexit) throw new ShellExit(status);
  }
  if (sh.pending) {
    if (sh.interrupted) throw INTERRUPT;
    yield* runTraps(sh);
  }
  return sh.skip === SKIP_RETURN ? sh.status : status;
}

function* finishLater(sh: Shell, steps: Steps<number>): Steps<number> {
  const status = finish(sh, yield* steps);
  return isSteps(status) ? yield* status : status;
}

function closeProcFds(sh: Shell): void {
  for (const fd of sh.procFds) {
    try {
      sh.sys.close(fd);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  sh.procFds = [];
}

// ---- lists -----------------------------------------------------------------------------------------

function compileList(items: readonly Node[], exits: boolean): Run {
  const runs = items.map((item, i) => compile(item, exits && i === items.length - 1));
  const n = runs.length;
  if (n === 0) return () => 0;
  if (n === 1) return runs[0] as Run;
  return (sh) => {
    let status = 0;
    for (let i = 0; i < n; i++) {
      const r = (runs[i] as Run)(sh);
      if (typeof r !== "number") return listRest(sh, runs, i, r);
      status = r;
      if (sh.skip !== SKIP_NONE) break;
    }
    return status;
  };
}

function* listRest(
  sh: Shell,
  runs: readonly Run[],
  at: number,
  first: Steps<number>,
): Steps<number> {
  let status = yield* first;
  for (let i = at + 1; i < runs.length && sh.skip === SKIP_NONE; i++) {
    const r = (runs[i] as Run)(sh);
    status = typeof r === "number" ? r : yield* r;
  }
  return status;
}

function compileAnd(left: Run, right: Run): Run {
  return (sh) => {
    sh.tested++;
    const r = left(sh);
    if (typeof r !== "number") return andRest(sh, r, right, true);
    sh.tested--;
    return r !== 0 || sh.skip !== SKIP_NONE ? r : right(sh);
  };
}

function compileOr(left: Run, right: Run): Run {
  return (sh) => {
    sh.tested++;
    const r = left(sh);
    if (typeof r !== "number") return andRest(sh, r, right, false);
    sh.tested--;
    return r === 0 || sh.skip !== SKIP_NONE ? r : right(sh);
  };
}

function* andRest(sh: Shell, steps: Steps<number>, right: Run, and: boolean): Steps<number> {
  const left = yield* steps;
  sh.tested--;
  if ((left === 0) !== and || sh.skip !== SKIP_NONE) return left;
  const r = right(sh);
  return typeof r === "number" ? r : yield* r;
}

function compileNot(body: Run): Run {
  return (sh) => {
    sh.tested++;
    const r = body(sh);
    if (typeof r !== "number") return notRest(sh, r);
    sh.tested--;
    if (sh.skip !== SKIP_NONE) return r;
    sh.status = r === 0 ? 1 : 0;
    return sh.status;
  };
}

function* notRest(sh: Shell, steps: Steps<number>): Steps<number> {
  const r = yield* steps;
  sh.tested--;
  if (sh.skip !== SKIP_NONE) return r;
  sh.status = r === 0 ? 1 : 0;
  return sh.status;
}

// ---- compound commands -----------------------------------------------------------------------------

function compileIf(cond: Run, then: Run, otherwise: Run | undefined): Run {
  const decide = (sh: Shell, status: number): Blocking<number> => {
    sh.tested--;
    if (sh.skip !== SKIP_NONE) return status;
    if (status === 0) return then(sh);
    if (otherwise !== undefined) return otherwise(sh);
    sh.status = 0;
    return 0;
  };
  return (sh) => {
    sh.tested++;
    const r = cond(sh);
    return typeof r === "number" ? decide(sh, r) : decideLater(sh, r, decide);
  };
}

function* decideLater(
  sh: Shell,
  steps: Steps<number>,
  decide: (sh: Shell, status: number) => Blocking<number>,
): Steps<number> {
  const r = decide(sh, yield* steps);
  return typeof r === "number" ? r : yield* r;
}

/** What the loop does about break and continue: true when it is to end. */
function loopEnds(sh: Shell): boolean {
  if (sh.skip === SKIP_RETURN || sh.skip === SKIP_NOEXEC) return true;
  const ends = sh.skip === SKIP_BREAK;
  if (--sh.skipCount <= 0) {
    sh.skip = SKIP_NONE;
    return ends;
  }
  return true;
}

function compileWhile(cond: Run, body: Run, until: boolean): Run {
  return (sh) => {
    let status = 0;
    sh.loopNest++;
    try {
      for (;;) {
        if (--sh.sys.budget < 0) return whileRest(sh, cond, body, until, status, 0, undefined);
        sh.tested++;
        const c = cond(sh);
        if (typeof c !== "number") return whileRest(sh, cond, body, until, status, 1, c);
        sh.tested--;
        if (sh.skip !== SKIP_NONE) {
          if (sh.skip === SKIP_RETURN) status = c;
          if (loopEnds(sh)) break;
          continue;
        }
        if ((c === 0) === until) break;
        const b = body(sh);
        if (typeof b !== "number") return whileRest(sh, cond, body, until, status, 2, b);
        status = b;
        if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
      }
    } finally {
      sh.loopNest--;
    }
    if (sh.skip === SKIP_NONE) sh.status = status;
    return status;
  };
}

/** The loop once it has waited. `stage` 1: in the condition, 2: in the body. */
function* whileRest(
  sh: Shell,
  cond: Run,
  body: Run,
  until: boolean,
  before: number,
  first: number,
  pending: Steps<number> | undefined,
): Steps<number> {
  let status = before;
  let stage = first;
  let steps = pending;
  sh.loopNest++;
  try {
    for (;;) {
      if (stage < 2) {
        if (stage === 0) {
          if (--sh.sys.budget < 0) yield* sh.sys.sched_yield();
          if (sh.pending && sh.interrupted) throw INTERRUPT;
          sh.tested++;
        }
        const r: Blocking<number> = stage === 1 && steps !== undefined ? steps : cond(sh);
        const c = typeof r === "number" ? r : yield* r;
        sh.tested--;
        if (sh.skip !== SKIP_NONE) {
          if (sh.skip === SKIP_RETURN) status = c;
          if (loopEnds(sh)) break;
          stage = 0;
          continue;
        }
        if ((c === 0) === until) break;
      }
      const r: Blocking<number> = stage === 2 && steps !== undefined ? steps : body(sh);
      status = typeof r === "number" ? r : yield* r;
      if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
      stage = 0;
      steps = undefined;
    }
  } finally {
    sh.loopNest--;
  }
  if (sh.skip === SKIP_NONE) sh.status = status;
  return status;
}

function compileFor(node: Extract<Node, { type: "for" }>): Run {
  const words = node.words.map((word) => compileFields(word, HOST));
  const body = compile(node.body);
  const { name, line } = node;
  return (sh) => {
    sh.lineno = line;
    const list: string[] = [];
    const expanded = expandWords(sh, words, 0, list);
    if (expanded !== undefined) return forLater(sh, expanded, list, name, body);
    return forLoop(sh, list, name, body);
  };
}

function* forLater(
  sh: Shell,
  steps: Steps<void>,
  list: string[],
  name: string,
  body: Run,
): Steps<number> {
  yield* steps;
  const r = forLoop(sh, list, name, body);
  return typeof r === "number" ? r : yield* r;
}

function forLoop(sh: Shell, list: readonly string[], name: string, body: Run): Blocking<number> {
  let status = 0;
  sh.loopNest++;
  try {
    for (let i = 0; i < list.length; i++) {
      sh.set(name, list[i] as string);
      if (--sh.sys.budget < 0) return forRest(sh, list, i, name, body, undefined);
      const r = body(sh);
      if (typeof r !== "number") return forRest(sh, list, i, name, body, r);
      status = r;
      if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
    }
  } finally {
    sh.loopNest--;
  }
  if (sh.skip === SKIP_NONE) sh.status = status;
  return status;
}

function* forRest(
  sh: Shell,
  list: readonly string[],
  at: number,
  name: string,
  body: Run,
  first: Steps<number> | undefined,
): Steps<number> {
  let status = 0;
  let steps = first;
  sh.loopNest++;
  try {
    for (let i = at; i < list.length; i++) {
      if (i > at) sh.set(name, list[i] as string);
      if (--sh.sys.budget < 0) yield* sh.sys.sched_yield();
      const r: Blocking<number> = steps ?? body(sh);
      steps = undefined;
      status = typeof r === "number" ? r : yield* r;
      if (sh.skip !== SKIP_NONE && loopEnds(sh)) break;
    }
  } finally {
    sh.loopNest--;
  }
  if (sh.skip === SKIP_NONE) sh.status = status;
  return status;
}

interface CaseItem {
  /** Constant patterns compiled; the others as words. */
  patterns: (Pattern | { word: StringWord; memo: (s: string) => Pattern })[];
  body: Run | undefined;
}

function compileCase(node: Extract<Node, { type: "case" }>, exits: boolean): Run {
  const word = compileString(node.word, TILDE_START, HOST);
  const items = node.items.map((item): CaseItem => ({
    patterns: item.patterns.map((pattern) => {
      const compiled = compilePattern(pattern, HOST);
      if (compiled.constant !== undefined) return shellPattern(compiled.constant);
      return { word: compiled, memo: patternMemo() };
    }),
    body: item.body === null ? undefined : compile(item.body, exits),
  }));
  const { line } = node;
  const choose = (sh: Shell, value: string): Blocking<number> => {
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as CaseItem;
      for (let k = 0; k < item.patterns.length; k++) {
        const p = item.patterns[k] as CaseItem["patterns"][number];
        if ("word" in p) {
          const s = p.word.run(sh);
          if (typeof s !== "string") return caseRest(sh, items, i, k, value, s);
          if (p.memo(s).matches(value)) return runCase(sh, item);
        } else if (p.matches(value)) return runCase(sh, item);
      }
    }
    sh.status = 0;
    return 0;
  };
  return (sh) => {
    sh.lineno = line;
    const value = word.run(sh);
    return typeof value === "string" ? choose(sh, value) : chooseLater(sh, value, choose);
  };
}

function* chooseLater(
  sh: Shell,
  steps: Steps<string>,
  choose: (sh: Shell, value: string) => Blocking<number>,
): Steps<number> {
  const r = choose(sh, yield* steps);
  return typeof r === "number" ? r : yield* r;
}

function runCase(sh: Shell, item: CaseItem): Blocking<number> {
  if (item.body !== undefined) return item.body(sh);
  sh.status = 0;
  return 0;
}

function* caseRest(
  sh: Shell,
  items: readonly CaseItem[],
  at: number,
  atPattern: number,
  value: string,
  first: Steps<string>,
): Steps<number> {
  let steps: Steps<string> | undefined = first;
  let from = atPattern;
  for (let i = at; i < items.length; i++) {
    const item = items[i] as CaseItem;
    for (let k = from; k < item.patterns.length; k++) {
      const p = item.patterns[k] as CaseItem["patterns"][number];
      let hit: boolean;
      if ("word" in p) {
        const s: Blocking<string> = steps ?? p.word.run(sh);
        steps = undefined;
        hit = p.memo(typeof s === "string" ? s : yield* s).matches(value);
      } else hit = p.matches(value);
      if (hit) {
        const r = runCase(sh, item);
        return typeof r === "number" ? r : yield* r;
      }
    }
    from = 0;
  }
  sh.status = 0;
  return 0;
}

function compileDefun(node: Extract<Node, { type: "defun" }>): Run {
  const { name } = node;
  let body: Run | undefined;
  const func: Func = {
    name,
    run: (sh) => {
      body ??= compile(node.body);
      return body(sh);
    },
  };
  return (sh) => {
    sh.ownFunctions().set(name, func);
    sh.status = 0;
    return 0;
  };
}

// ---- redirections of compound commands -------------------------------------------------------------

function compileRedirected(node: Extract<Node, { type: "redir" }>): Run {
  const redirs = compileRedirs(node.redirs, HOST);
  const body = compile(node.body);
  const { line } = node;
  return (sh) => {
    sh.lineno = line;
    const targets = expandRedirs(sh, redirs);
    if (isSteps(targets)) return redirectedLater(sh, targets, body);
    return redirected(sh, targets, body);
  };
}

function* redirectedLater(sh: Shell, steps: Steps<Target[]>, body: Run): Steps<number> {
  const r = redirected(sh, yield* steps, body);
  return isSteps(r) ? yield* r : r;
}

function redirected(sh: Shell, targets: readonly Target[], body: Run): Blocking<number> {
  const saved: SavedFds = [];
  let waiting = false;
  try {
    const pushed = pushRedirs(sh, targets, saved);
    if (pushed !== undefined) {
      waiting = true;
      return redirectedRest(sh, pushed, saved, body, undefined);
    }
    const r = body(sh);
    if (typeof r !== "number") {
      waiting = true;
      return redirectedRest(sh, undefined, saved, body, r);
    }
    return r;
  } catch (e) {
    if (e instanceof RedirFault) {
      sh.status = 1;
      return sh.complain(e.message, 1);
    }
    if (!(e instanceof ShellError) || e.message === "") throw e;
    waiting = true;
    return redirectedError(sh, saved, e);
  } finally {
    if (!waiting) restoreFds(sh.sys, saved);
  }
}

/** An error's message goes to where standard error was when it happened. */
function* redirectedError(sh: Shell, saved: SavedFds, e: ShellError): Steps<never> {
  try {
    yield* tellError(sh, e);
  } finally {
    restoreFds(sh.sys, saved);
  }
  throw new ShellError("", e.status);
}

function* redirectedRest(
  sh: Shell,
  pushed: Steps<void> | undefined,
  saved: SavedFds,
  body: Run,
  running: Steps<number> | undefined,
): Steps<number> {
  try {
    if (pushed !== undefined) {
      try {
        yield* pushed;
      } catch (e) {
        if (!(e instanceof RedirFault)) throw e;
        sh.status = 1;
        const c = sh.complain(e.message, 1);
        return isSteps(c) ? yield* c : c;
      }
    }
    const r: Blocking<number> = running ?? body(sh);
    return typeof r === "number" ? r : yield* r;
  } catch (e) {
    if (!(e instanceof ShellError) || e.message === "") throw e;
    yield* tellError(sh, e);
    throw new ShellError("", e.status);
  } finally {
    restoreFds(sh.sys, saved);
  }
}

// ---- subshells and pipelines -----------------------------------------------------------------------

function compileSubshell(node: Extract<Node, { type: "subshell" }>, exits: boolean): Run {
  const redirs = compileRedirs(node.redirs, HOST);
  const body = exitForm(node.body);
  const { line } = node;
  return (sh) => {
    sh.lineno = line;
    return finishLater(sh, runSubshell(sh, node, redirs, body, exits));
  };
}

function* runSubshell(
  sh: Shell,
  node: Node,
  redirs: readonly CompiledRedir[],
  body: Run,
  exits: boolean,
): Steps<number> {
  const expanded = expandRedirs(sh, redirs);
  const targets = isSteps(expanded) ? yield* expanded : expanded;
  const run: Run = targets.length === 0 ? body : (child) => runWith(child, targets, body);
  if (exits && !hasTraps(sh)) {
    const r = run(sh);
    return typeof r === "number" ? r : yield* r;
  }
  const job = spawnSubshell(sh, node, run);
  return yield* waitForJob(sh, job);
}

function* runWith(sh: Shell, targets: readonly Target[], body: Run): Steps<number> {
  try {
    const applied = applyRedirs(sh, sh.sys, targets);
    if (applied !== undefined) yield* applied;
  } catch (e) {
    if (!(e instanceof RedirFault)) throw e;
    const c = sh.complain(e.message, 1);
    return isSteps(c) ? yield* c : c;
  }
  const r = body(sh);
  return typeof r === "number" ? r : yield* r;
}

function hasTraps(sh: Shell): boolean {
  for (const action of sh.traps.values()) if (action !== "") return true;
  return false;
}

function compilePipe(node: Extract<Node, { type: "pipe" }>): Run {
  const members = node.cmds.map(exitForm);
  return (sh) => finishLater(sh, runPipe(sh, node.cmds, members));
}

function* runPipe(sh: Shell, nodes: readonly Node[], members: readonly Run[]): Steps<number> {
  const job = spawnPipeline(sh, nodes, members, false);
  return yield* waitForJob(sh, job);
}

// ---- simple commands -------------------------------------------------------------------------------

function expandWords(
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
function compileArgument(word: Word, before: readonly FieldsWord[]): FieldsWord {
  if (assignment(word) === undefined || before.length === 0) return compileFields(word, HOST);
  const known = takesAssignments(before.map((w) => w.constant));
  if (known === false) return compileFields(word, HOST);
  const whole = compileWhole(word);
  if (known === true) return whole;
  const plain = compileFields(word, HOST);
  return {
    pure: false,
    constant: undefined,
    run: (sh, out) => (takesAssignments(out) === true ? whole : plain).run(sh, out),
  };
}

function compileCmd(node: Cmd, exits: boolean): Run {
  const words: FieldsWord[] = [];
  for (const word of node.args) {
    words.push(compileArgument(word, words));
  }
  const assigns = node.assigns.map(({ name, value }) => ({
    name,
    value: compileString(value, TILDE_ASSIGN, HOST),
  }));
  const redirs = compileRedirs(node.redirs, HOST);
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
function compileWhole(word: Word): FieldsWord {
  const found = assignment(word) as NonNullable<ReturnType<typeof assignment>>;
  const { pure, run, constant } = compileString(found.value, TILDE_ASSIGN, HOST);
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
  for (const { name, value } of assigns) {
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
  if (builtin !== undefined && builtin.special) return runBuiltin(sh, builtin, argv, true);
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
): Blocking<number> {
  const outer = sh.commandName;
  sh.commandName = argv[0] as string;
  let status: Blocking<number>;
  try {
    status = builtin.run(sh, argv);
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

/** Prints an error's message: its status. */
export function* tellError(sh: Shell, e: ShellError): Steps<number> {
  if (e.message !== "") {
    const w = sh.print2(`${e.message}\n`, 0);
    if (isSteps(w)) yield* w;
  }
  return e.status;
}

// ---- functions -------------------------------------------------------------------------------------

interface Frame {
  params: readonly string[];
  getopts: Shell["getopts"];
  functionName: string;
  locals: SavedVar[];
}

function runFunction(sh: Shell, func: Func, argv: readonly string[]): Blocking<number> {
  const r = callFunction(sh, func, argv);
  return typeof r === "number" ? finish(sh, r) : finishLater(sh, r);
}

/** Calls a function; `locals` is the frame that holds the assignments before its name, if any. */
function callFunction(
  sh: Shell,
  func: Func,
  argv: readonly string[],
  locals?: SavedVar[],
): Blocking<number> {
  if (cutsHere(sh.depth)) {
    if (sh.depth >= MAX_CALL_DEPTH) return stackOverflow(sh);
    return callDeep(() => enterFunction(sh, func, argv, locals));
  }
  return enterFunction(sh, func, argv, locals);
}

function enterFunction(
  sh: Shell,
  func: Func,
  argv: readonly string[],
  locals: SavedVar[] | undefined,
): Blocking<number> {
  const frame: Frame = {
    params: sh.params,
    getopts: sh.getopts,
    functionName: sh.functionName,
    locals: locals ?? [],
  };
  sh.depth++;
  sh.funcNest++;
  sh.params = argv.slice(1);
  sh.getopts = { index: 1, offset: 0 };
  sh.functionName = func.name;
  if (locals === undefined) sh.locals.push(frame.locals);
  let waiting = false;
  try {
    const r = func.run(sh);
    if (typeof r !== "number") {
      waiting = true;
      return functionLater(sh, r, frame, locals === undefined);
    }
    return r;
  } finally {
    if (!waiting) leaveFunction(sh, frame, locals === undefined);
  }
}

function* functionLater(
  sh: Shell,
  steps: Steps<number>,
  frame: Frame,
  own: boolean,
): Steps<number> {
  try {
    return yield* steps;
  } finally {
    leaveFunction(sh, frame, own);
  }
}

function leaveFunction(sh: Shell, frame: Frame, own: boolean): void {
  if (own) {
    sh.locals.pop();
    sh.restoreLocals(frame.locals);
  }
  sh.params = frame.params;
  sh.getopts = frame.getopts;
  sh.functionName = frame.functionName;
  sh.funcNest--;
  sh.depth--;
  if (sh.skip === SKIP_RETURN) sh.skip = SKIP_NONE;
}

/** An assignment before a command: exported, and undone after it. */
function assignLocally(sh: Shell, name: string, value: string): void {
  const v = sh.makeLocal(name);
  if ((v.flags & READONLY) !== 0) throw sh.error(`${name}: is read only`);
  sh.assign(v, value, EXPORT);
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
  const special = builtin !== undefined && builtin.special;
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
      if (hook !== undefined) return callFunction(sh, hook, ["", ...argv]);
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

