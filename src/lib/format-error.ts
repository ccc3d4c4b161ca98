// The one error that this room's decoders throw when foreign bytes are not what they should be.

/** What is wrong, for programs that must tell cases apart. */
export type FormatCode =
  /** The bytes are not of this format at all. */
  | "magic"
  /** The input ends too early. */
  | "eof"
  /** The bytes contradict the format. */
  | "data"
  /** A checksum or length does not match. */
  | "checksum"
  /** Well-formed, but a feature or size that is not supported. */
  | "unsupported";

/** Malformed input. The message is short and lower case, fit for `name: subject: message`. */
export class FormatError extends Error {
  readonly code: FormatCode;

  constructor(code: FormatCode, message: string) {
    super(message);
    this.name = "FormatError";
    this.code = code;
  }
}

/** The error for input that ends too early. */
export function unexpectedEof(): FormatError {
  return new FormatError("eof", "unexpected end of file");
}

/** The error for input that is not of the expected format. */
export function invalidMagic(): FormatError {
  return new FormatError("magic", "invalid magic");
}
