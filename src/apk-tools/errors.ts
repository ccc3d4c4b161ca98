// What can go wrong in apk besides system calls: messages as apk-tools words them.
import { EAGAIN, EIO, Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { strerror } from "../libc/strerror.ts";

/** A failure with apk's own words; `message` is fit for "subject: message". */
export class ApkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ApkError";
  }
}

export function untrusted(): ApkError {
  return new ApkError("UNTRUSTED signature");
}
export function badSignature(): ApkError {
  return new ApkError("BAD signature");
}
export function badArchive(): ApkError {
  return new ApkError("BAD archive");
}

/** Runs steps that read version 3 files: what their formats do not allow becomes an ApkError. */
export function* withAdbErrors<T>(steps: Steps<T>): Steps<T> {
  try {
    return yield* steps;
  } catch (e) {
    throw e instanceof FormatError ? new ApkError(e.message) : e;
  }
}

/** The text of a failure: of a system call, of apk itself, or of a decoder. What is none of them is thrown on. */
export function errorText(e: unknown): string {
  if (e === EAGAIN) return "temporary error (try again later)";
  if (e === EIO) return "IO ERROR";
  if (e instanceof Errno) return strerror(e);
  if (e instanceof ApkError) return e.message;
  if (e instanceof FormatError) return e.code === "eof" ? "unexpected end of file" : "BAD archive";
  throw e;
}
