// What is due when a command has ended: $?, set -e, traps, errors told.
import { Errno } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../abi/program.ts";
import { INTERRUPT, type Shell, type ShellError, ShellExit, SKIP_RETURN } from "./shell.ts";
import { runErrTrap, runTraps } from "./trap.ts";

/** Sets $? and does what is due after a command: errexit, traps. */
export function finish(sh: Shell, status: number): Blocking<number> {
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

export function* finishLater(sh: Shell, steps: Steps<number>): Steps<number> {
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

/** Prints an error's message: its status. */
export function* tellError(sh: Shell, e: ShellError): Steps<number> {
  if (e.message !== "") {
    const w = sh.print2(`${e.message}\n`, 0);
    if (isSteps(w)) yield* w;
  }
  return e.status;
}
