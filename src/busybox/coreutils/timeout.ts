// timeout: run a program for a limited time (as in GNU, with BusyBox's options)
import { Errno } from "../../abi/errno.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { SIGKILL, SIGTERM } from "../../abi/signal.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { execOrDie, waitpid } from "../../libc/spawn.ts";
import { signalNumber } from "../../libc/strsignal.ts";
import type { Applet } from "../libbb/applet.ts";
import { xduration } from "../libbb/duration.ts";

/** Waits in steps of a second, as the original does; false when the process ended before. */
function* waitOut(sys: Sys, pid: number, seconds: number): Steps<boolean> {
  for (let left = Math.floor(seconds); ; left--) {
    yield* settle(sys.nanosleep(1000));
    if (left <= 1) return true;
    if (!signal(sys, pid, 0)) return false;
  }
}

/** Did the signal find anybody? */
function signal(sys: Sys, pid: number, signo: number): boolean {
  try {
    sys.kill(pid, signo);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}

function seconds(text: string): number {
  const n = xduration(text);
  return n === Infinity ? die(`invalid number '${text}'`) : n;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "+s:k:");
  const name = opt.get("s");
  const signo = name === undefined ? SIGTERM : signalNumber(name);
  if (signo < 0) die(`unknown signal '${name ?? ""}'`);
  const kill = opt.get("k");
  const killSeconds = kill === undefined ? 0 : seconds(kill);
  const [time, ...command] = opt.operands;
  if (time === undefined) return p.usageError();
  const limit = seconds(time);
  if (command.length === 0) p.usageError();
  // The program takes this process over, so that its parent deals with it alone; a grandchild, which
  // nobody waits for, watches.
  const pid = sys.getpid();
  const child = sys.fork(function* (childSys) {
    childSys.fork(function* (watcher) {
      for (const fd of [0, 1, 2]) watcher.close(fd);
      if (!(yield* waitOut(watcher, pid, limit))) return 0;
      signal(watcher, pid, signo);
      if (killSeconds > 0 && (yield* waitOut(watcher, pid, killSeconds)))
        signal(watcher, pid, SIGKILL);
      return 0;
    });
    return 0;
  });
  yield* waitpid(sys, child);
  return yield* execOrDie(p, command);
}

export const timeout: Applet = {
  name: "timeout",
  path: "/usr/bin/timeout",
  usage: `[-s SIG] [-k KILL_SECS] SECS PROG ARGS

Run PROG, and end it if it takes longer than SECS

	-s SIG	Send SIG (default TERM)
	-k N	Send KILL if it is still there N seconds later
`,
  main,
};
