// Running a program in the foreground: a child that keeps nothing of the shell's state.
import { Errno } from "../abi/errno.ts";
import type { Steps, Sys } from "../abi/program.ts";
import { commandText } from "./cmdtext.ts";
import { childMessage, execFault, execute, type Found } from "./exec.ts";
import { controlsJobs, placeChild } from "./fork.ts";
import { type Job, waitForJob } from "./jobs.ts";
import type { Node } from "./nodes.ts";
import { applyRedirs, RedirFault, type Target } from "./redir.ts";
import type { Shell } from "./shell.ts";
import { forkSafely, resetForProgram } from "./trap.ts";

/** What the child is to know. */
interface Start {
  sh: Shell;
  job: Job;
  found: Found;
  argv: readonly string[];
  envp: readonly string[];
  targets: readonly Target[];
}

// Not a function inside runExternal: see childShell in fork.ts.
function* childProgram(start: Start, sys: Sys, ready: () => void): Steps<number> {
  const { sh, argv, envp, targets } = start;
  if (start.job.control) placeChild(sh, sys, 0, sys.getpid(), true);
  resetForProgram(sh, sys);
  ready();
  if (targets.length > 0) {
    try {
      const applied = applyRedirs(sh, sys, targets);
      if (applied !== undefined) yield* applied;
    } catch (e) {
      if (!(e instanceof RedirFault)) throw e;
      yield* childMessage(sys, sh.message(e.message));
      return 1;
    }
  }
  const failed = yield* execute(sys, start.found, argv, envp, (file) =>
    sh.hooks.runScript(sys, file, argv, envp),
  );
  if (!(failed instanceof Errno)) return failed;
  const { text, status } = execFault(failed);
  yield* childMessage(sys, sh.message(`${argv[0]}: ${text}`));
  return status;
}

/** Forks, executes and waits: the status. */
export function* runExternal(
  sh: Shell,
  found: Found,
  argv: readonly string[],
  envp: readonly string[],
  targets: readonly Target[],
  node: Node,
): Steps<number> {
  const job = sh.jobs.make(controlsJobs(sh), false);
  const start: Start = { sh, job, found, argv, envp, targets };
  const pid = forkSafely(sh, (sys, ready) => childProgram(start, sys, ready));
  if (job.control) placeChild(sh, sh.sys, pid, pid, true);
  job.procs.push({ pid, status: -1, text: job.control ? commandText(node) : "" });
  return yield* waitForJob(sh, job);
}
