// stdout as a file, and what becomes of a program that cannot write its output.
import { O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { open } from "../../libc/unistd.ts";

/**
 * Ends the program once a write to stdout has failed: "prog: standard output: why". To be called now
 * and then while there is more to come; what fails at the very end goes unnoticed in the original too.
 */
export function dieIfStdoutFailed(p: Process): void {
  if (p.stdout.error !== undefined) dieErrno("standard output", p.stdout.error);
}

/** Makes a file, emptied or new, stdout; ends the program with `status` where that cannot be. */
export function* stdoutTo(p: Process, name: string, status?: number): Steps<void> {
  try {
    const fd = yield* settle(open(p.sys, name, O_WRONLY | O_CREAT | O_TRUNC));
    p.sys.dup2(fd, 1);
    p.sys.close(fd);
  } catch (e) {
    dieErrno(`can't open '${name}'`, e, status);
  }
}
