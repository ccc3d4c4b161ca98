// Traps (POSIX XCU trap): dispositions of signals, and running the actions of those that came.
import { Errno } from "../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import {
  NSIG,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIGINT,
  SIGKILL,
  SIGQUIT,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  type SigSet,
} from "../abi/signal.ts";
import { forkTask, type Shell, ShellError, ShellExit, SKIP_NONE, TRAP_ERR } from "./shell.ts";

const NO_SIGNALS: SigSet = Object.freeze({ lo: 0, hi: 0 });
const ALL_SIGNALS: SigSet = Object.freeze({ lo: -1, hi: -1 });

/** Brings the disposition of a signal in line with its trap and the kind of shell. */
export function setSignal(sh: Shell, signo: number): void {
  if (signo < 1 || signo > NSIG || signo === SIGKILL || signo === SIGSTOP) return;
  const action = sh.traps.get(signo);
  let catches = action !== undefined && action !== "";
  let ignores = action === "";
  if (action === undefined && sh.isRoot) {
    if (sh.opts.interactive) {
      if (signo === SIGINT) catches = true;
      else if (signo === SIGQUIT || signo === SIGTERM) ignores = true;
    }
    if (sh.opts.monitor && (signo === SIGTSTP || signo === SIGTTOU || signo === SIGTTIN)) {
      ignores = true;
    }
  }
  if (sh.hardIgnored.has(signo)) return;
  try {
    const before = sh.sys.rt_sigaction(signo);
    if (before.handler === SIG_IGN && !sh.ownSignals.has(signo)) {
      // Ignored when the shell began: it stays so, but for what job control needs.
      const needed = signo === SIGTSTP || signo === SIGTTIN || signo === SIGTTOU;
      if (!(sh.opts.monitor && needed)) {
        if (!sh.opts.interactive) sh.hardIgnored = new Set(sh.hardIgnored).add(signo);
        if (!sh.opts.interactive) return;
      }
    }
    sh.ownSignals = new Set(sh.ownSignals).add(signo);
    if (catches) sh.catches = true;
    const handler = catches ? (n: number): void => signalCame(sh, n) : ignores ? SIG_IGN : SIG_DFL;
    sh.sys.rt_sigaction(signo, { handler, flags: 0, mask: NO_SIGNALS });
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

function signalCame(sh: Shell, signo: number): void {
  if (signo === SIGINT && !sh.traps.has(SIGINT)) {
    sh.interrupted = true;
    sh.pending = true;
    return;
  }
  if (!sh.pendingSignals.includes(signo)) sh.pendingSignals.push(signo);
  sh.pending = true;
}

/** In a new child: traps go back to default, what is ignored stays so. */
export function resetTraps(sh: Shell, keepForListing: boolean): void {
  sh.pendingSignals = [];
  sh.pending = false;
  sh.interrupted = false;
  sh.listedTraps = keepForListing && sh.traps.size > 0 ? sh.traps : undefined;
  let changed = false;
  if (sh.traps.size > 0)
    for (const [signo, action] of sh.traps) {
      if (action === "") continue;
      changed = true;
      if (signo >= 1 && signo <= NSIG) defaultSignal(sh.sys, signo);
    }
  if (changed) {
    const ignored = new Map<number, string>();
    for (const [signo, action] of sh.traps) if (action === "") ignored.set(signo, action);
    sh.replaceTraps(ignored);
  }
  sh.catches = false;
  sh.refreshWatch();
}

function defaultSignal(sys: Sys, signo: number): void {
  try {
    sys.rt_sigaction(signo, { handler: SIG_DFL, flags: 0, mask: NO_SIGNALS });
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** In a child of an interactive shell: signals the shell had taken for itself. */
export function resetRootSignals(parent: Shell, sys: Sys): void {
  if (!parent.isRoot) return;
  if (parent.opts.interactive) {
    for (const signo of [SIGINT, SIGQUIT, SIGTERM]) {
      if (!parent.traps.has(signo)) defaultSignal(sys, signo);
    }
  }
  if (parent.opts.monitor) {
    for (const signo of [SIGTSTP, SIGTTIN, SIGTTOU]) {
      if (parent.traps.get(signo) !== "") defaultSignal(sys, signo);
    }
  }
}

/**
 * Forks with all signals blocked where handlers are installed: in the child they would still be the
 * parent's until it has reset them. The child calls `ready` when it has.
 */
export function forkSafely(
  sh: Shell,
  main: (sys: Sys, ready: () => void) => Steps<number>,
): number {
  if (!sh.catches) return forkTask(sh.sys, (sys) => main(sys, nothing));
  const before = sh.sys.rt_sigprocmask(SIG_BLOCK, ALL_SIGNALS);
  try {
    return forkTask(sh.sys, (sys) => main(sys, () => sys.rt_sigprocmask(SIG_SETMASK, before)));
  } finally {
    sh.sys.rt_sigprocmask(SIG_SETMASK, before);
  }
}

function nothing(): void {}

/** In a child that is to become a program: what the shell catches or took for itself. */
export function resetForProgram(parent: Shell, sys: Sys): void {
  if (parent.traps.size > 0)
    for (const [signo, action] of parent.traps) {
      if (action !== "" && signo >= 1 && signo <= NSIG) defaultSignal(sys, signo);
    }
  resetRootSignals(parent, sys);
}

/** In a background child without job control: keyboard signals are not for it. */
export function ignoreKeyboard(sh: Shell): void {
  for (const signo of [SIGINT, SIGQUIT]) {
    if (sh.traps.get(signo) === undefined || sh.traps.get(signo) === "") {
      sh.sys.rt_sigaction(signo, { handler: SIG_IGN, flags: 0, mask: NO_SIGNALS });
      sh.hardIgnored = new Set(sh.hardIgnored).add(signo);
    }
  }
}

/** Runs the actions of the signals that came. `status` is kept as $?. */
export function* runTraps(sh: Shell): Steps<void> {
  while (sh.pendingSignals.length > 0 && sh.skip === SKIP_NONE) {
    const signo = sh.pendingSignals.shift() as number;
    const action = sh.traps.get(signo);
    if (action === undefined || action === "") continue;
    yield* runAction(sh, action);
  }
  sh.pending = sh.pendingSignals.length > 0 || sh.interrupted;
}

/** Runs one action with $? as it is, which it finds again afterwards. */
export function* runAction(sh: Shell, action: string): Steps<void> {
  const status = sh.status;
  const saved = sh.trapStatus;
  const { tested, commandName } = sh;
  const nest = sh.trapFuncNest;
  sh.trapStatus = status;
  sh.trapFuncNest = sh.funcNest;
  const result = sh.hooks.runText(sh, action, sh.lineno);
  if (isSteps(result)) yield* result;
  sh.trapStatus = saved;
  sh.trapFuncNest = nest;
  sh.tested = tested;
  sh.commandName = commandName;
  if (sh.skip === SKIP_NONE) sh.status = status;
}

/** The ERR trap, where a command failed and nobody asked. */
export function* runErrTrap(sh: Shell): Steps<void> {
  const action = sh.traps.get(TRAP_ERR);
  if (action === undefined || action === "" || sh.inErrTrap) return;
  if (sh.funcNest > 0 && !sh.opts.errtrace) return;
  sh.inErrTrap = true;
  try {
    yield* runAction(sh, action);
  } finally {
    sh.inErrTrap = false;
  }
}

/** Runs the EXIT trap, if any, at the end of a shell: the final status. */
export function* exitShell(sh: Shell, first: number): Steps<number> {
  let status = first;
  const action = sh.traps.get(0);
  if (action !== undefined && action !== "") {
    sh.ownTraps().delete(0);
    sh.status = status;
    sh.skip = SKIP_NONE;
    sh.tested = 0;
    sh.trapStatus = status;
    sh.trapFuncNest = sh.funcNest = 0;
    try {
      const result = sh.hooks.runText(sh, action, sh.lineno);
      if (isSteps(result)) yield* result;
      // The action's own status does not count, unless it says exit.
    } catch (e) {
      if (e instanceof ShellExit) status = e.status;
      else if (e instanceof ShellError) {
        const w = sh.print2(e.message === "" ? "" : `${e.message}\n`, 0);
        if (isSteps(w)) yield* w;
        status = e.status;
      } else throw e;
    }
  }
  return status;
}

/** Commands nested too deep: the shell dies as from a stack overflow. Not a signal: pid 1 would ignore it. */
export function stackOverflow(): never {
  throw new RangeError("the shell's call stack is exceeded");
}

/** Are there traps that run something? */
export function hasTraps(sh: Shell): boolean {
  if (sh.traps.size > 0) for (const action of sh.traps.values()) if (action !== "") return true;
  return false;
}
