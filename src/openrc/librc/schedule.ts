// Stopping processes by a schedule of signals and waits (start-stop-daemon(8), --retry).
import { EINTR, EPERM, Errno, ESRCH } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { NSIG } from "../../abi/signal.ts";
import { strerror } from "../../libc/strerror.ts";
import { signalNumber } from "../../libc/strsignal.ts";
import { findPids, type Wanted } from "./daemon.ts";
import { failure } from "./dirs.ts";
import { scanInt } from "./numbers.ts";
import type { Rc } from "./rc.ts";
import type { Abort } from "./signals.ts";

const POLL_MS = 20;

type Step =
  | { readonly kind: "signal"; readonly signo: number }
  | { readonly kind: "timeout"; readonly seconds: number }
  | { readonly kind: "forever" };
export type Schedule = readonly Step[];

/** The number of a signal given as number or name, with or without SIG. Ends the program on others. */
export function* parseSignal(rc: Rc, text: string): Steps<number> {
  const number = /^[0-9]/.test(text) ? (scanInt(text) ?? NSIG) : undefined;
  if (number !== undefined && number < NSIG) return number;
  const name = text.replace(/^SIG/, "");
  if (name === "NULL") return 0;
  const known = /^[A-Z0-9]+$/.test(name) && number === undefined ? signalNumber(name) : -1;
  if (known > 0) return known;
  return yield* rc.einfo.eerrorx(`${rc.applet}: \`${text}' is not a valid signal`);
}

/** Reads a schedule: "TIME", or "SIGNAL/TIME/…" with "forever". Without any: the signal, then 5 seconds. */
export function* parseSchedule(rc: Rc, text: string | undefined, signo: number): Steps<Schedule> {
  const { einfo, applet } = rc;
  if (text === undefined)
    return [
      { kind: "signal", signo },
      { kind: "timeout", seconds: 5 },
    ];
  if (!text.includes("/")) {
    const seconds = scanInt(text);
    if (seconds === undefined)
      return yield* einfo.eerrorx(`${applet}: invalid timeout in schedule`);
    return [
      { kind: "signal", signo },
      { kind: "timeout", seconds },
    ];
  }
  const steps: Step[] = [];
  const items = text.split("/");
  for (const item of items) {
    if (item.length >= 20) yield* einfo.eerrorx(`${applet}: invalid schedule item, far too long`);
    if (item === "forever") {
      if (steps.some((step) => step.kind === "forever"))
        yield* einfo.eerrorx(`${applet}: invalid schedule, \`forever' appears more than once`);
      steps.push({ kind: "forever" });
    } else if (/^[0-9]/.test(item))
      steps.push({ kind: "timeout", seconds: Number.parseInt(item, 10) });
    else if (item.replace(/^-/, "") === "")
      yield* einfo.eerrorx(`${applet}: invalid schedule item \`${item}'`);
    else steps.push({ kind: "signal", signo: yield* parseSignal(rc, item.replace(/^-/, "")) });
  }
  return steps;
}

/** How to go about stopping. */
export interface Manner {
  /** Only tell. */
  test: boolean;
  /** A dot every second. */
  progress: boolean;
  /** Nothing on the terminal, what goes wrong in the log. */
  quiet: boolean;
  abort: Abort | undefined;
}

/** Sends a signal to all that match: how many, -1 when one could not be sent it. */
export function* signalAll(rc: Rc, wanted: Wanted, signo: number, manner: Manner): Steps<number> {
  const { sys, einfo } = rc;
  const one = (wanted.pid ?? 0) > 0;
  const pids = yield* findPids(
    sys,
    one ? { pid: wanted.pid as number } : { ...wanted, pid: 0 },
    rc.env("RC_OPENRC_PID"),
  );
  let count = 0;
  for (const pid of pids) {
    if (manner.test) {
      yield* einfo.einfo(`Would send signal ${signo} to PID ${pid}`);
      count++;
      continue;
    }
    if (signo !== 0 && !manner.quiet) yield* einfo.vebegin(`Sending signal ${signo} to PID ${pid}`);
    const error = failure(() => sys.kill(pid, signo));
    const sent = error === undefined || error === ESRCH;
    const why = `failed to send signal ${signo} to PID ${pid}: ${strerror(error ?? EPERM)}`;
    if (!manner.quiet) yield* einfo.veend(sent ? 0 : 1, `${rc.applet}: ${why}`);
    if (!sent) count = -1;
    else if (count >= 0) count++;
  }
  return count;
}

/**
 * Runs a schedule: how many processes were sent a signal, 0 when they are gone or none was found,
 * less than 0 when some would not go.
 */
export function* runSchedule(
  rc: Rc,
  schedule: Schedule,
  wanted: Wanted,
  manner: Manner,
): Steps<number> {
  const { einfo } = rc;
  if (!manner.quiet) yield* announce(rc, wanted);
  const dots = new Dots(rc, manner.progress);
  let told = 0;
  let running = 0;
  for (const step of schedule) {
    if (step.kind === "signal") {
      running = 0;
      const sent = yield* signalAll(rc, wanted, step.signo, manner);
      if (sent < 0) return 0;
      if (sent === 0 && told > 0) return told;
      if (sent === 0) {
        yield* dots.end();
        if (!manner.quiet) yield* einfo.eerror(`${rc.applet}: no matching processes found`);
        return 0;
      }
      told += sent;
    } else {
      const seconds = step.kind === "forever" ? Number.POSITIVE_INFINITY : step.seconds;
      if (seconds < 1) break;
      running = yield* waitGone(rc, wanted, manner, seconds, dots);
      if (running === 0) return 0;
    }
  }
  if (manner.test || (told > 0 && running === 0)) return told;
  yield* dots.end();
  if (!manner.quiet) {
    const noun = running === 1 ? "process" : "process(es)";
    yield* einfo.eerror(`${rc.applet}: ${running} ${noun} refused to stop`);
  }
  return -running;
}

/** Waits until none is there: how many still are when the time is over. */
function* waitGone(
  rc: Rc,
  wanted: Wanted,
  manner: Manner,
  seconds: number,
  dots: Dots,
): Steps<number> {
  const { sys } = rc;
  let running = 0;
  for (let s = 0; s < seconds; s++) {
    for (let ms = 0; ms < 1000; ms += POLL_MS) {
      running = yield* signalAll(rc, wanted, 0, manner);
      if (running === 0) {
        yield* dots.end();
        return 0;
      }
      yield* nap(rc, manner);
    }
    yield* dots.add();
    if (--sys.budget < 0) yield* sys.sched_yield();
  }
  return running;
}

/** A dot each second, and a newline after them. */
class Dots {
  readonly #rc: Rc;
  readonly #wanted: boolean;
  #any = false;

  constructor(rc: Rc, wanted: boolean) {
    this.#rc = rc;
    this.#wanted = wanted;
  }
  *add(): Steps<void> {
    if (!this.#wanted) return;
    yield* this.#rc.print(".");
    yield* this.#rc.flush();
    this.#any = true;
  }
  *end(): Steps<void> {
    if (this.#any) yield* this.#rc.print("\n");
    this.#any = false;
  }
}

function* nap(rc: Rc, manner: Manner): Steps<void> {
  if (manner.abort !== undefined) return yield* manner.abort.sleep(POLL_MS);
  try {
    const call = rc.sys.nanosleep(POLL_MS);
    if (isSteps(call)) yield* call;
  } catch (e) {
    if (!(e instanceof Errno) || e !== EINTR) throw e;
  }
}

function* announce(rc: Rc, wanted: Wanted): Steps<void> {
  const { einfo } = rc;
  const { exec, pid = 0, uid = 0, argv = [] } = wanted;
  if (exec !== undefined) yield* einfo.veinfo(`Will stop ${exec}`);
  if (pid > 0) yield* einfo.veinfo(`Will stop PID ${pid}`);
  if (uid > 0) yield* einfo.veinfo(`Will stop processes owned by UID ${uid}`);
  if (argv.length > 0) yield* einfo.veinfo(`Will stop processes of \`${argv.join(" ")}'`);
}
