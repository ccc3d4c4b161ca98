// Errors that users of the library see: one class, stable codes.

/** Codes are API: they do not change. */
export type ErrorCode =
  | "ERR_BOOT_FAILED"
  | "ERR_MACHINE_CLOSED"
  | "ERR_COMMAND_FAILED"
  | "ERR_TIMEOUT"
  | "ERR_ABORTED"
  | "ERR_LIMIT_OUTPUT"
  | "ERR_LIMIT_TASKS"
  | "ERR_WOULD_BLOCK"
  | "ERR_NO_PROGRAM"
  | "ERR_UNKNOWN_USER"
  | "ERR_MOUNT_FAILED"
  | "ERR_NETWORK"
  | "ERR_PORT_FAILED";

/** What went wrong, with a code to match on and, where there is one, a hint what to do. */
export class BivyError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BivyError";
    this.code = code;
    this.hint = options.hint;
  }
}
