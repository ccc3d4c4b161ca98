// The lock that a service is started or stopped under: /run/openrc/exclusive/SERVICE.
import { EACCES, Errno } from "../../abi/errno.ts";
import {
  F_GETFD,
  F_SETFD,
  FD_CLOEXEC,
  LOCK_EX,
  LOCK_NB,
  O_CREAT,
  O_NONBLOCK,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH } from "../../abi/signal.ts";
import { Exit } from "../../libc/process.ts";
import { Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, unlink } from "../../libc/unistd.ts";
import { done, exists } from "./dirs.ts";
import { basename, SVCDIR } from "./paths.ts";
import type { Rc } from "./rc.ts";
import { markService, resolveService } from "./service.ts";
import { defaultSignals } from "./signals.ts";

function lockFile(service: string): string {
  return `${SVCDIR}/exclusive/${service}`;
}

/** The descriptor that holds the lock; the error when it cannot be had. */
export function* svcLock(rc: Rc, service: string, quietly: boolean): Steps<number | Errno> {
  const { sys } = rc;
  let fd: number;
  try {
    const call = open(sys, lockFile(service), O_WRONLY | O_CREAT | O_NONBLOCK, 0o664);
    fd = isSteps(call) ? yield* call : call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e;
  }
  try {
    const call = sys.flock(fd, LOCK_EX | LOCK_NB);
    if (isSteps(call)) yield* call;
    return fd;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    // Two services that start each other without dependencies: no harm.
    if (quietly) throw new Exit(0);
    yield* rc.einfo.eerror(`Call to flock failed: ${strerror(e)}`);
    sys.close(fd);
    return e;
  }
}

/** Gives the lock up. */
export function svcUnlock(sys: Sys, service: string, fd: number): void {
  done(() => sys.close(fd));
  done(() => unlink(sys, lockFile(service)));
}

/** A descriptor that programs do not inherit. */
export function closeOnExec(sys: Sys, fd: number): void {
  sys.fcntl(fd, F_SETFD, sys.fcntl(fd, F_GETFD) | FD_CLOEXEC);
}

/**
 * Runs a service's script with a command, under its lock: the child's pid; 0 when there is no script;
 * undefined when the lock is held by another.
 */
export function* execService(rc: Rc, service: string, command: string): Steps<number | undefined> {
  const { sys, p } = rc;
  const base = basename(service);
  const fd = yield* svcLock(rc, base, false);
  if (fd instanceof Errno) return undefined;
  const file = resolveService(sys, service);
  if (file === undefined || !exists(sys, file)) {
    yield* markService(sys, service, "stopped");
    svcUnlock(sys, base, fd);
    return 0;
  }
  yield* rc.flush();
  const envp = p.environ();
  const pid = sys.fork(function* (child) {
    defaultSignals(child, [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH]);
    try {
      const call = child.execve(file, [file, "--lockfd", String(fd), command], envp);
      return isSteps(call) ? yield* call : call;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      const w = new Output(child, 2, true).puts(`unable to exec \`${file}': ${strerror(e)}\n`);
      if (w) yield* w;
      svcUnlock(child, base, fd);
      return 1;
    }
  });
  // The child has it: with the child's end it is free again.
  sys.close(fd);
  return pid;
}

/** Was a lock refused for want of rights? */
export function isRefusal(error: Errno): boolean {
  return error === EACCES;
}
