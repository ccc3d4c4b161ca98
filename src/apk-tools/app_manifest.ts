// apk manifest: checksums of the files in packages (apk-manifest(8)).
import type { Steps } from "../abi/program.ts";
import { Base64Decoder } from "../lib/base64.ts";
import { bytesOf } from "../lib/bytes.ts";
import { Sha1 } from "../lib/sha1.ts";
import { Sha256 } from "../lib/sha256.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { errorText } from "./errors.ts";
import { hex } from "./extract_v2.ts";
import type { InstalledPackage } from "./installed.ts";
import { openPackage } from "./package-stream.ts";
import { fileSource } from "./source.ts";
import { loadTrust, type Trust } from "./trust.ts";

/** "sha1:…" of a checksum as the database has it. */
function formatChecksum(checksum: string): string {
  const digits = hex(new Base64Decoder().decode(bytesOf(checksum.slice(2))));
  return `${checksum.startsWith("Q2") ? "sha256-160" : "sha1"}:${digits}`;
}

function* ofInstalled(ctx: Context, one: InstalledPackage): Steps<void> {
  for (const { path, files } of one.directories)
    for (const { name, checksum } of files) {
      if (checksum === "") continue;
      const at = path === "" ? name : `${path}/${name}`;
      yield* ctx.print.out(`${formatChecksum(checksum)}  ${at}\n`);
    }
}

function* ofFile(ctx: Context, trust: Trust, path: string): Steps<void> {
  const source = yield* fileSource(ctx.sys, path);
  try {
    const reader = yield* openPackage(source, trust);
    yield* reader.control();
    const kind = reader.verifiesFiles ? "sha256" : "sha1";
    const sums = new Map<string, string>();
    for (let file = yield* reader.next(); file !== undefined; file = yield* reader.next()) {
      let digest: string | undefined;
      if (file.type === "0") {
        const hash = reader.verifiesFiles ? new Sha256() : new Sha1();
        for (let piece = yield* reader.data(); piece !== undefined; piece = yield* reader.data())
          hash.update(piece);
        digest = hex(hash.digest());
        sums.set(file.name, digest);
      } else if (file.type === "1") digest = sums.get(file.linkname);
      if (digest !== undefined) yield* ctx.print.out(`${kind}:${digest}  ${file.name}\n`);
    }
  } finally {
    source.close();
  }
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  let trust: Trust | undefined;
  let failed = 0;
  for (const arg of args) {
    const one = db.installedByName(arg);
    if (one !== undefined) {
      yield* ofInstalled(ctx, one);
      continue;
    }
    try {
      trust ??= yield* loadTrust(ctx);
      yield* ofFile(ctx, trust, arg);
    } catch (e) {
      failed++;
      yield* ctx.print.error(`${arg}: ${errorText(e)}`);
    }
  }
  // 2.14 takes what cannot be read for no failure of its own.
  return ctx.settings.legacyOutput ? 0 : Math.min(failed, 127);
}

export const manifest: Applet = {
  name: "manifest",
  summary: "Show checksums of the files in packages",
  group: "package",
  arguments: "PACKAGES...",
  description:
    "Lists the files of installed packages, or of package files, one a line: kind and checksum, then " +
    "the path.",
  optionGroups: [],
  options: [],
  open: () => ({ access: "read", installed: true }),
  run,
};
