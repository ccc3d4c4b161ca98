// Children that run a command, where the parent is to know why one could not be started.
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { execvp } from "../../libc/spawn.ts";

/** A command that was started. */
export interface Child {
  pid: number;
  /** Why it could not be run after all; known once it has ended. */
  failure: Errno | undefined;
}

/** Starts `argv` by PATH, stdout flushed before; says nothing when that fails. */
export function* startChild(
  p: Process,
  argv: readonly string[],
  envp: readonly string[],
  prepare?: (sys: Sys) => void,
): Steps<Child> {
  const f = p.stdout.flush();
  if (f) yield* f;
  const child: Child = { pid: 0, failure: undefined };
  const path = p.env.get("PATH");
  child.pid = p.sys.fork((sys) => become(child, sys, argv, envp, path, prepare));
  return child;
}

function* become(
  child: Child,
  sys: Sys,
  argv: readonly string[],
  envp: readonly string[],
  path: string | undefined,
  prepare: ((sys: Sys) => void) | undefined,
): Steps<number> {
  try {
    prepare?.(sys);
    return yield* execvp(sys, argv, envp, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    child.failure = e;
    return 127;
  }
}
