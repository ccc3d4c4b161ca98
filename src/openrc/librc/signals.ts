// Signals of OpenRC's programs: what ended them is remembered and told at the next chance.
import { EINTR } from "../../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { SIG_DFL, SIGINT, SIGQUIT, SIGTERM, type SigHandler } from "../../abi/signal.ts";
import { Exit } from "../../libc/process.ts";
import type { Rc } from "./rc.ts";

/** Sets a handler, or SIG_DFL or SIG_IGN. */
export function setSignal(sys: Sys, signo: number, handler: number | SigHandler): void {
  sys.rt_sigaction(signo, { handler, flags: 0, mask: { lo: 0, hi: 0 } });
}

/** In a child before it becomes another program: handlers back to what they were. */
export function defaultSignals(sys: Sys, signals: readonly number[]): void {
  for (const signo of signals) setSignal(sys, signo, SIG_DFL);
}

const NAMES: Readonly<Record<number, string>> = {
  [SIGINT]: "SIGINT",
  [SIGTERM]: "SIGTERM",
  [SIGQUIT]: "SIGQUIT",
};

/** Catches the signals that end a program, so that it can put things in order before it does. */
export class Abort {
  readonly #rc: Rc;
  #message: string | undefined;
  /** Called within the handler, with the signal. */
  onSignal: ((signo: number) => void) | undefined;

  constructor(rc: Rc) {
    this.#rc = rc;
    for (const signo of [SIGINT, SIGQUIT, SIGTERM])
      setSignal(rc.sys, signo, () => {
        this.end(`${rc.applet}: caught ${NAMES[signo]}, aborting`);
        this.onSignal?.(signo);
      });
  }

  /** Has the program end with this message at the next chance: for signal handlers. */
  end(message: string): void {
    this.#message = message;
  }

  /** Ends the program when one was caught: with the message, status 1. */
  *check(): Steps<void> {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    yield* this.#rc.einfo.eerror(message);
    throw new Exit(1);
  }

  /** Waits for a child: its wait status; 0 when there is none. */
  *wait(pid: number): Steps<number> {
    for (;;) {
      try {
        let done = this.#rc.sys.wait4(pid, 0);
        if (isSteps(done)) done = yield* done;
        yield* this.check();
        return done?.status ?? 0;
      } catch (e) {
        yield* this.check();
        if (e !== EINTR) throw e;
      }
    }
  }

  /** Sleeps, or less when a signal comes. */
  *sleep(ms: number): Steps<void> {
    try {
      const nap = this.#rc.sys.nanosleep(ms);
      if (isSteps(nap)) yield* nap;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    yield* this.check();
  }
}
