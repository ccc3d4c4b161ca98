// Node's system errors as errno values.
import * as errno from "../../abi/errno.ts";

/**
 * The Errno for an error that a function of node:fs threw. Codes that Linux does not have become EIO;
 * what is no system error is thrown on.
 */
export function errnoOf(error: unknown): errno.Errno {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (typeof code !== "string" || !(error instanceof Error)) throw error;
  const known = (errno as Record<string, unknown>)[code];
  if (known instanceof errno.Errno) return known;
  // Arguments that node:fs itself refuses: a NUL byte in a name, an offset beyond 2^53.
  if (code === "ERR_INVALID_ARG_VALUE" || code === "ERR_OUT_OF_RANGE") return errno.EINVAL;
  if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
  return errno.EIO;
}
