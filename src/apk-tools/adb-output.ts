// Writing files of version 3: compressed and signed as the generation options say, in place when all is written.
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { type Steps, settle } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { parsePrivateKey } from "../lib/key.ts";
import type { PrivateKey } from "../lib/signature.ts";
import { isatty } from "../libc/stdio.ts";
import { readFile, rename, unlink, writeAll } from "../libc/unistd.ts";
import { AdbFileWriter, BLOCK_ADB, BLOCK_SIG, type Compression } from "./adb-block.ts";
import { signAdb } from "./adb-sign.ts";
import type { Context } from "./context.ts";
import { ApkError, errorText } from "./errors.ts";

const KEY_MAX = 1 << 16;

/** The private keys of --sign-key. Throws ApkError that names the file. */
export function* loadSignKeys(ctx: Context): Steps<PrivateKey[]> {
  const keys: PrivateKey[] = [];
  for (const path of ctx.settings.signKeys) {
    try {
      keys.push(parsePrivateKey(yield* readFile(ctx.sys, path, KEY_MAX)));
    } catch (e) {
      const text = e instanceof FormatError ? "not a private key" : errorText(e);
      throw new ApkError(`failed to load signing key: ${path}: ${text}`);
    }
  }
  return keys;
}

/** What is written to: a file that appears at the end, or stdout. */
export class AdbOutput {
  readonly #ctx: Context;
  readonly #fd: number;
  readonly #path: string | undefined;
  readonly #file: AdbFileWriter;
  readonly #schema: string;

  private constructor(
    ctx: Context,
    fd: number,
    path: string | undefined,
    schema: string,
    compression: Compression | undefined,
  ) {
    this.#ctx = ctx;
    this.#fd = fd;
    this.#path = path;
    this.#schema = schema;
    this.#file = new AdbFileWriter(schema, compression);
  }

  /** `path` undefined: stdout, which must not be a terminal. */
  static *open(
    ctx: Context,
    path: string | undefined,
    schema: string,
    compression: Compression | undefined = ctx.settings.compression,
  ): Steps<AdbOutput> {
    if (path === undefined) {
      if (isatty(ctx.sys, 1) && !ctx.settings.forceBinaryStdout)
        throw new ApkError(
          "Will not write binary data to a terminal; use --force-binary-stdout to do so",
        );
      return new AdbOutput(ctx, 1, undefined, schema, compression);
    }
    const flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    try {
      const fd = yield* settle(ctx.sys.openat(AT_FDCWD, `${path}.tmp`, flags, 0o644));
      return new AdbOutput(ctx, fd, path, schema, compression);
    } catch (e) {
      throw new ApkError(`${path}: ${errorText(e)}`);
    }
  }

  /** The block of values, those signatures that it has, and new ones by the keys. */
  *adb(
    adb: Uint8Array,
    keys: readonly PrivateKey[],
    signatures: readonly Uint8Array[] = [],
  ): Steps<void> {
    yield* this.bytes(this.#file.block(BLOCK_ADB, adb), true);
    const made = keys.map((key) => signAdb(key, this.#schema, adb));
    for (const signature of [...signatures, ...made])
      yield* this.bytes(this.#file.block(BLOCK_SIG, signature), true);
  }

  /** Bytes of blocks; `encoded`: they have gone through the compression already. */
  *bytes(chunk: Uint8Array, encoded = false): Steps<void> {
    const out = encoded ? chunk : this.#file.bytes(chunk);
    if (out.length > 0) yield* writeAll(this.#ctx.sys, this.#fd, out);
  }

  /** The file is whole: it takes its place. */
  *finish(): Steps<void> {
    yield* this.bytes(this.#file.end(), true);
    if (this.#path === undefined) return;
    this.#ctx.sys.close(this.#fd);
    rename(this.#ctx.sys, `${this.#path}.tmp`, this.#path);
  }

  /** Nothing comes of it. */
  abandon(): void {
    if (this.#path === undefined) return;
    try {
      this.#ctx.sys.close(this.#fd);
      unlink(this.#ctx.sys, `${this.#path}.tmp`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
}
