// Package files of either format, read in the same way.
import { O_RDONLY } from "../abi/fcntl.ts";
import type { Steps } from "../abi/program.ts";
import type { TarFile } from "../lib/tar.ts";
import { isAdb } from "./adb-block.ts";
import type { Context } from "./context.ts";
import { type Control, PackageReader } from "./extract_v2.ts";
import { AdbPackageReader } from "./extract_v3.ts";
import { Package } from "./package.ts";
import { fileSource, type Source } from "./source.ts";
import { peekSource } from "./source-peek.ts";
import type { Trust } from "./trust.ts";

/** A package from front to end: first `control`, then each file with its `data`. Throws ApkError. */
export interface PackageStream {
  /** Each file's contents are verified by themselves; otherwise all of them at the end. */
  readonly verifiesFiles: boolean;
  /** What the package says of itself, verified. */
  control(): Steps<Control>;
  /** The next file; undefined after the last, when everything has been verified. */
  next(): Steps<TarFile | undefined>;
  /** The next piece of the current file's contents; undefined at its end. */
  data(): Steps<Uint8Array | undefined>;
}

/** A reader for what the source turns out to be. `identity`: what an index says it is. */
export function* openPackage(source: Source, trust: Trust, identity = ""): Steps<PackageStream> {
  const { start, whole } = yield* peekSource(source);
  return isAdb(start)
    ? new AdbPackageReader(whole, trust, identity)
    : new PackageReader(whole, trust, identity);
}

/** What a package file given by its path (of the process, not of the root) says of itself; its whole contents are verified. */
export function* readPackageFile(ctx: Context, trust: Trust, path: string): Steps<Package> {
  const source = yield* fileSource(ctx.sys, path, O_RDONLY);
  try {
    const reader = yield* openPackage(source, trust);
    const { info } = yield* reader.control();
    while ((yield* reader.next()) !== undefined);
    info.size = source.size ?? 0;
    const pkg = new Package(info);
    pkg.filename = path;
    return pkg;
  } finally {
    source.close();
  }
}
