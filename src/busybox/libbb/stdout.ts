// What becomes of a program that cannot write its output.
import { dieErrno, type Process } from "../../libc/process.ts";

/**
 * Ends the program once a write to stdout has failed: "prog: standard output: why". To be called now
 * and then while there is more to come; what fails at the very end goes unnoticed in the original too.
 */
export function dieIfStdoutFailed(p: Process): void {
  if (p.stdout.error !== undefined) dieErrno("standard output", p.stdout.error);
}
