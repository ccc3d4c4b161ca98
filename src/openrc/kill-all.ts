// kill_all: a signal to all processes but a few, when the system goes down (kill_all, openrc-run(8)).
import type { Program, Steps, Sys } from "../abi/program.ts";
import { SIG_SETMASK, SIGCONT, SIGKILL, SIGSTOP } from "../abi/signal.ts";
import { run } from "../libc/spawn.ts";
import { readText } from "../libc/unistd.ts";
import { done, exists, listDir } from "./librc/dirs.ts";
import { intOf, scanInt } from "./librc/numbers.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { rcOptions, showUsage, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "do:",
  extra: "[signal number]",
  options: [
    ["d", "dry-run", "", "Only tell what would be done"],
    ["o", "omit", "<arg>", "Leave this process alone (can be repeated)"],
  ],
};

/** Is it no thread of the kernel? One that has just gone counts as such, to be on the safe side. */
function* isUserProcess(sys: Sys, pid: number): Steps<boolean> {
  let at = pid;
  while (at > 0) {
    if (at === 2) {
      const line = yield* readText(sys, "/proc/2/cmdline");
      // Process 2 begets the kernel's threads where there are any.
      if (line === undefined || line === "") return false;
    }
    const text = yield* readText(sys, `/proc/${at}/status`);
    const parent = /^PPid:\s*([0-9]+)/m.exec(text ?? "")?.[1];
    if (parent === undefined) return false;
    at = Number(parent);
    if (--sys.budget < 0) yield* sys.sched_yield();
  }
  return true;
}

function* signalAll(rc: Rc, signo: number, omit: ReadonlySet<number>, dry: boolean): Steps<void> {
  const { sys } = rc;
  // Nobody forks while the list is gone through.
  done(() => sys.kill(-1, SIGSTOP));
  const old = sys.rt_sigprocmask(SIG_SETMASK, { lo: 0xffff_ffff, hi: 0xffff_ffff });
  try {
    const own = sys.getsid(0);
    const names = yield* listDir(sys, "/proc");
    for (const name of names) {
      const pid = /^[0-9]+$/.test(name) ? Number(name) : 0;
      if (pid === 0 || omit.has(pid)) continue;
      let session = 0;
      done(() => {
        session = sys.getsid(pid);
      });
      if (session === own || !(yield* isUserProcess(sys, pid))) continue;
      if (dry) yield* rc.einfo.einfo(`Would send signal ${signo} to process ${pid}`);
      else done(() => sys.kill(pid, signo));
    }
  } finally {
    sys.rt_sigprocmask(SIG_SETMASK, old);
    done(() => sys.kill(-1, SIGCONT));
  }
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo } = rc;
  rc.p.env.delete("EINFO_QUIET");
  const omit = new Set([1]);
  let dry = false;
  const [arg] = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "d") dry = true;
    else
      for (const word of value.split(/[,;:]/)) {
        const pid = scanInt(word) ?? 0;
        if (pid <= 0) {
          yield* einfo.eerror(`Invalid omit pid value ${word}`);
          yield* showUsage(rc, USAGE, 1);
        }
        omit.add(pid);
      }
  });
  const signo = arg === undefined ? SIGKILL : intOf(arg);
  if (signo <= 0 || signo > 31) {
    yield* einfo.eerror(`Invalid signal ${arg}`);
    yield* showUsage(rc, USAGE, 1);
  }
  if (!exists(sys, "/proc/version")) {
    yield* run(rc.p, ["mount", "-t", "proc", "proc", "/proc"]);
    if (!exists(sys, "/proc/version")) yield* einfo.eerrorx("Unable to mount /proc file system");
  }
  yield* signalAll(rc, signo, omit, dry);
  return 0;
}

/** The program. */
export const killAll: Program = rcProgram(main);
