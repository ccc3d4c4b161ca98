// The result of a command that ran to its end.
import { strOf } from "../lib/bytes.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import type { ExitStatus } from "./process.ts";

/** What a finished command left. A status other than 0 is a result, not an error. */
export interface CommandResult extends ExitStatus {
  /** Output as text (UTF-8; bytes that are not become lone surrogates U+DC80 to U+DCFF). */
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;
}

class Result implements CommandResult {
  readonly status: number;
  readonly signal: string | undefined;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;

  constructor(exit: ExitStatus, stdout: Uint8Array, stderr: Uint8Array) {
    this.status = exit.status;
    this.signal = exit.signal;
    this.stdoutBytes = stdout;
    this.stderrBytes = stderr;
  }

  get stdout(): string {
    return decodeUtf8(strOf(this.stdoutBytes));
  }
  get stderr(): string {
    return decodeUtf8(strOf(this.stderrBytes));
  }
}

/** Text is decoded when it is asked for. */
export function commandResult(
  exit: ExitStatus,
  stdout: Uint8Array,
  stderr: Uint8Array,
): CommandResult {
  return new Result(exit, stdout, stderr);
}
