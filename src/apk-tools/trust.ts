// The keys that apk trusts, and the signatures of v2 files (apk-keys(5)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { parsePublicKey } from "../lib/key.ts";
import type { PublicKey, SignatureHash } from "../lib/signature.ts";
import { readDir, readFile } from "../libc/unistd.ts";
import type { Context } from "./context.ts";
import type { MemberDigests } from "./signed-tar.ts";

/** Names of the files that hold signatures: ".SIGN.<kind>.<name of the key's file>". */
export const SIGNATURE_PREFIX = ".SIGN.";
/** DSA is known by name and not supported, as with the real one. */
const KINDS: Readonly<Record<string, SignatureHash>> = {
  RSA: "sha1",
  RSA256: "sha256",
  RSA512: "sha512",
};
const KEY_MAX = 1 << 14;
/** Directories of keys; of equal names the first counts. */
const KEY_DIRS = ["etc/apk/keys", "lib/apk/keys"];

/** A signature of the member that follows it. */
export class Signature {
  readonly key: PublicKey;
  readonly hash: SignatureHash;
  bytes: Uint8Array = new Uint8Array(0);

  constructor(key: PublicKey, hash: SignatureHash) {
    this.key = key;
    this.hash = hash;
  }

  verify(digests: MemberDigests): boolean {
    const digest = digests[this.hash];
    return digest !== undefined && this.key.verify(this.hash, digest, this.bytes);
  }
}

/** Trusted public keys. */
export class Trust {
  /** By file name, which v2 signatures name. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** --allow-untrusted: what no trusted key has signed is taken too. */
  readonly allowUntrusted: boolean;

  constructor(keys: ReadonlyMap<string, PublicKey>, allowUntrusted: boolean) {
    this.keys = keys;
    this.allowUntrusted = allowUntrusted;
  }

  /** A signature to be filled in, if it is of a kind and by a key that count. */
  signatureOf(fileName: string): Signature | undefined {
    const rest = fileName.slice(SIGNATURE_PREFIX.length);
    const dot = rest.indexOf(".");
    const hash = Object.hasOwn(KINDS, rest.slice(0, dot)) ? KINDS[rest.slice(0, dot)] : undefined;
    const key = this.keys.get(rest.slice(dot + 1));
    return hash === undefined || key?.kind !== "rsa" ? undefined : new Signature(key, hash);
  }
}

/**
 * Reads the keys of --keys-dir, or of etc/apk/keys and lib/apk/keys; what is no key is passed over. A path from "/" is
 * one of the system that apk runs in, any other one of the root that it works on.
 */
export function* loadTrust(ctx: Context): Steps<Trust> {
  const { settings, root, sys } = ctx;
  const keys = new Map<string, PublicKey>();
  for (const dir of settings.keysDir === undefined ? KEY_DIRS : [settings.keysDir]) {
    try {
      const entries = yield* dir.startsWith("/") ? readDir(sys, dir) : root.list(dir);
      for (const { name } of entries) {
        if (name.startsWith(".") || keys.has(name)) continue;
        const key = yield* readKey(ctx, `${dir}/${name}`);
        if (key !== undefined) keys.set(name, key);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  return new Trust(keys, settings.allowUntrusted);
}

function* readKey(ctx: Context, path: string): Steps<PublicKey | undefined> {
  try {
    const outside = path.startsWith("/");
    const file = outside ? readFile(ctx.sys, path, KEY_MAX) : ctx.root.readFile(path, KEY_MAX);
    return parsePublicKey(yield* file);
  } catch (e) {
    if (!(e instanceof Errno) && !(e instanceof FormatError)) throw e;
    return undefined;
  }
}
