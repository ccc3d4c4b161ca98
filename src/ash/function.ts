// Calling functions (POSIX XCU 2.9.5): parameters, local variables, the way out.
import type { Blocking, Steps } from "../abi/program.ts";
import { finish, finishLater } from "./after.ts";
import { callDeep, cutsHere } from "./deep.ts";
import {
  type Func,
  MAX_CALL_DEPTH,
  type SavedVar,
  type Shell,
  SKIP_NONE,
  SKIP_RETURN,
} from "./shell.ts";
import { stackOverflow } from "./trap.ts";
import { EXPORT, READONLY } from "./var.ts";

interface Frame {
  params: readonly string[];
  getopts: Shell["getopts"];
  functionName: string;
  locals: SavedVar[];
}

/** Calls a function and does what is due after a command. */
export function runFunction(sh: Shell, func: Func, argv: readonly string[]): Blocking<number> {
  const r = callFunction(sh, func, argv);
  return typeof r === "number" ? finish(sh, r) : finishLater(sh, r);
}

/** Calls a function; `locals` is the frame that holds the assignments before its name, if any. */
export function callFunction(
  sh: Shell,
  func: Func,
  argv: readonly string[],
  locals?: SavedVar[],
): Blocking<number> {
  if (cutsHere(sh.depth)) {
    if (sh.depth >= MAX_CALL_DEPTH) stackOverflow();
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
export function assignLocally(sh: Shell, name: string, value: string): void {
  const v = sh.makeLocal(name);
  if ((v.flags & READONLY) !== 0) throw sh.error(`${name}: is read only`);
  sh.assign(v, value, EXPORT);
}
