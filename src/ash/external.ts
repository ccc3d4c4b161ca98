// Running a program in the foreground: a child that keeps nothing of the shell's state.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { commandText } from "./cmdtext.ts";
import { childMessage, execFault, execute, type Found } from "./exec.ts";
import { controlsJobs, placeChild } from "./fork.ts";
import { waitForJob } from "./jobs.ts";
import type { Node } from "./nodes.ts";
import { applyRedirs, RedirFault, type Target } from "./redir.ts";
import type { Shell } from "./shell.ts";
import { forkSafely, resetForProgram } from "./trap.ts";

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
  const pid = forkSafely(sh, function* (sys, ready): Steps<number> {
    if (job.control) placeChild(sh, sys, 0, sys.getpid(), true);
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
    const failed = yield* execute(sys, found, argv, envp, (file) =>
      sh.hooks.runScript(sys, file, argv, envp),
    );
    if (!(failed instanceof Errno)) return failed;
    const { text, status } = execFault(failed);
    yield* childMessage(sys, sh.message(`${argv[0]}: ${text}`));
    return status;
  });
  if (job.control) placeChild(sh, sh.sys, pid, pid, true);
  job.procs.push({ pid, status: -1, text: job.control ? commandText(node) : "" });
  return yield* waitForJob(sh, job);
}
