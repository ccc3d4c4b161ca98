// Packages and indexes of format 2 (apk-v2(5)): gzip members that read as one tar, verified as they are read.
import type { Steps } from "../abi/program.ts";
import type { TarFile } from "../lib/tar.ts";
import type { Context } from "./context.ts";
import type { ScriptType } from "./installed.ts";
import type { Package, PackageInfo } from "./package.ts";
import type { Source } from "./source.ts";
import type { Trust } from "./trust.ts";

/** The control part of a package, verified. */
export interface Control {
  readonly info: PackageInfo;
  readonly scripts: ReadonlyMap<ScriptType, Uint8Array>;
  /** SHA-256 of the data part in hexadecimal; "" when the package does not tell. */
  readonly datahash: string;
}

/** Reads a package from front to end. Throws ApkError for what is wrong with it. */
export class PackageReader {
  readonly #source: Source;
  readonly #trust: Trust;

  /** `identity`: what an index says the package is; then no signature is needed. */
  constructor(source: Source, trust: Trust, identity = "") {
    this.#source = source;
    this.#trust = trust;
    void identity;
  }

  /** The control part. Must be called first. */
  *control(): Steps<Control> {
    throw new Error(`not yet ${this.#source.size} ${this.#trust.allowUntrusted}`);
  }

  /** The next file of the data part; undefined after the last, when all of it has been verified. */
  *next(): Steps<TarFile | undefined> {
    throw new Error("not yet");
  }

  /** The next piece of the current file's contents; undefined at its end. */
  *data(): Steps<Uint8Array | undefined> {
    throw new Error("not yet");
  }
}

/** The files of an index (DESCRIPTION, APKINDEX), whose signature has been verified. */
export function* readSignedTar(
  source: Source,
  trust: Trust,
  limit: number,
): Steps<Map<string, Uint8Array>> {
  throw new Error(`not yet ${source.size} ${trust.allowUntrusted} ${limit}`);
}

/** What a package file given by its path says of itself, its whole contents verified; `filename` is set. */
export function* readPackageFile(ctx: Context, trust: Trust, path: string): Steps<Package> {
  throw new Error(`not yet ${ctx.settings.root} ${trust.allowUntrusted} ${path}`);
}
