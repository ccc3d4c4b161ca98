// spawn.h, and the PATH search of execvp(3): running other programs.
import { EACCES, ECHILD, EINTR, ENAMETOOLONG, ENOENT, ENOTDIR, Errno } from "../abi/errno.ts";
import { X_OK } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { WEXITSTATUS, WIFSIGNALED, WTERMSIG } from "../abi/signal.ts";
import type { Process } from "./process.ts";
import { S_ISREG } from "./stat.ts";
import { Output } from "./stdio.ts";
import { strerror } from "./strerror.ts";
import { access, tryStat } from "./unistd.ts";

/** Where commands are looked for without $PATH (musl's execvp). */
export const DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin";

/** The places where `file` may be; only itself when it has a slash. An empty PATH part is ".". */
export function pathCandidates(file: string, path: string | undefined): string[] {
  if (file.includes("/")) return [file];
  return (path ?? DEFAULT_PATH).split(":").map((dir) => (dir === "" ? file : `${dir}/${file}`));
}

/** The first executable regular file among the candidates, as which(1) finds it. */
export function findExecutable(
  sys: Sys,
  file: string,
  path: string | undefined,
): string | undefined {
  if (file === "") return undefined;
  return pathCandidates(file, path).find((candidate) => {
    const st = tryStat(sys, candidate);
    return st !== undefined && S_ISREG(st.mode) && access(sys, candidate, X_OK);
  });
}

/** execvpe(3): replaces the program. Throws when there is none; EACCES beats ENOENT. */
export function* execvp(
  sys: Sys,
  argv: readonly string[],
  envp: readonly string[],
  path: string | undefined,
): Steps<never> {
  const file = argv[0] ?? "";
  if (file === "") throw ENOENT;
  if (file.includes("/")) {
    const call = sys.execve(file, argv, envp);
    return isSteps(call) ? yield* call : call;
  }
  let failure: Errno = ENOENT;
  for (const candidate of pathCandidates(file, path)) {
    let error: unknown;
    try {
      const call = sys.tryExecve(candidate, argv, envp);
      if (isSteps(call)) return yield* call;
      error = call;
    } catch (e) {
      error = e;
    }
    if (error === EACCES) failure = EACCES;
    else if (error !== ENOENT && error !== ENOTDIR && error !== ENAMETOOLONG) throw error;
  }
  throw failure;
}

/**
 * Becomes another program or complains as BusyBox does: "prog: can't execute 'FILE': why", with status
 * 127 when it is not there and 126 otherwise. `sys` is the child's own after a fork.
 */
export function* execOrDie(
  p: Process,
  argv: readonly string[],
  sys: Sys = p.sys,
  envp: readonly string[] = p.environ(),
): Steps<number> {
  const f = p.stdout.flush();
  if (f) yield* f;
  try {
    return yield* execvp(sys, argv, envp, p.env.get("PATH"));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    const text = `${p.progname}: can't execute '${argv[0] ?? ""}': ${strerror(e)}\n`;
    const child = sys === p.sys ? p.stderr : new Output(sys, 2, true);
    const w = child.puts(text);
    if (w) yield* w;
    return e === ENOENT ? 127 : 126;
  }
}

function* prepared(
  p: Process,
  argv: readonly string[],
  sys: Sys,
  envp: readonly string[],
  prepare: ((sys: Sys) => void) | undefined,
): Steps<number> {
  prepare?.(sys);
  return yield* execOrDie(p, argv, sys, envp);
}

/** Starts a child that runs `argv` by PATH; flushes stdout before. Its pid. */
export function* spawn(
  p: Process,
  argv: readonly string[],
  prepare?: (sys: Sys) => void,
): Steps<number> {
  const f = p.stdout.flush();
  if (f) yield* f;
  const envp = p.environ();
  return p.sys.fork((sys) => prepared(p, argv, sys, envp, prepare));
}

/** waitpid(2) until this child has ended, through interruptions: its wait status. */
export function* waitpid(sys: Sys, pid: number): Steps<number> {
  for (;;) {
    try {
      let done = sys.wait4(pid, 0);
      if (isSteps(done)) done = yield* done;
      if (done === undefined) throw ECHILD;
      return done.status;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }
}

/** A wait status as the shell's $? shows it. */
export function exitStatus(status: number): number {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/** Runs `argv` and waits: its status as in $?. */
export function* run(p: Process, argv: readonly string[]): Steps<number> {
  return exitStatus(yield* waitpid(p.sys, yield* spawn(p, argv)));
}
