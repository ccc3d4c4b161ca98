// Compiling commands to closures (POSIX XCU 2.9): lists, if, functions, redirected commands, subshells.
//
// A closure does all that need not wait and returns the status; where something has to wait it returns
// the rest of the work as Steps. So plain loops, functions and builtins never make a generator.
import { type Blocking, isSteps, type Steps } from "../abi/program.ts";
import { finishLater, tellError } from "./after.ts";
import {
  spawnBackground,
  spawnBackgroundPipe,
  spawnPipeline,
  spawnSubshell,
  substitute,
  substituteProcess,
} from "./fork.ts";
import { waitForJob } from "./jobs.ts";
import { compileCase, compileFor, compileWhile } from "./loops.ts";
import type { Node, Word } from "./nodes.ts";
import { parsePrompt } from "./parser.ts";
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
import { type Func, type Run, type Shell, ShellError, SKIP_NONE } from "./shell.ts";
import { compileCmd } from "./simple.ts";
import { SyntaxFault } from "./tokens.ts";
import { hasTraps } from "./trap.ts";
import { compileString, TILDE_NONE, type WordHost } from "./word.ts";

/** Compiles a command. `exits`: it is the last thing its shell does, so a program may replace it. */
export function compile(node: Node, exits = false): Run {
  switch (node.type) {
    case "cmd":
      return compileCmd(node, exits, HOST);
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
      return compileFor(node, compile(node.body), HOST);
    case "case":
      return compileCase(node, (body) => compile(body, exits), HOST);
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

function compilePipe(node: Extract<Node, { type: "pipe" }>): Run {
  const members = node.cmds.map(exitForm);
  return (sh) => finishLater(sh, runPipe(sh, node.cmds, members));
}

function* runPipe(sh: Shell, nodes: readonly Node[], members: readonly Run[]): Steps<number> {
  const job = spawnPipeline(sh, nodes, members, false);
  return yield* waitForJob(sh, job);
}
