// openssl dgst: digests of files, signed and verified too (openssl-dgst(1)).
import type { Steps } from "../abi/program.ts";
import type { Hash } from "../lib/hash.ts";
import { parsePrivateKey, parsePublicKey } from "../lib/key.ts";
import { Md5 } from "../lib/md5.ts";
import { Sha1 } from "../lib/sha1.ts";
import { Sha224, Sha256 } from "../lib/sha256.ts";
import { Sha384, Sha512 } from "../lib/sha512.ts";
import type { SignatureHash } from "../lib/signature.ts";
import type { Process } from "../libc/process.ts";
import { Arguments, fail, input, result } from "./command.ts";

const HASHES: Readonly<Record<string, () => Hash>> = {
  md5: () => new Md5(),
  sha1: () => new Sha1(),
  sha224: () => new Sha224(),
  sha256: () => new Sha256(),
  sha384: () => new Sha384(),
  sha512: () => new Sha512(),
};
/** The digests there are. */
export const DIGESTS: readonly string[] = Object.keys(HASHES);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The digest of a name that may be signed. */
function signable(name: string): SignatureHash {
  if (name === "sha1" || name === "sha256" || name === "sha512") return name;
  return fail(`dgst: signatures of ${name} are not supported here`);
}

export function* dgst(p: Process, args: readonly string[], named = "sha256"): Steps<number> {
  let name = named;
  const given = new Arguments(
    "dgst",
    args,
    {
      flags: ["binary", "hex", "r", "c"],
      values: ["out", "sign", "verify", "signature"],
    },
    (word) => {
      const known = Object.hasOwn(HASHES, word.toLowerCase());
      if (known) name = word.toLowerCase();
      return known;
    },
  );
  const { flags, values, operands } = given;
  const key = values.get("sign");
  const verifyKey = values.get("verify");
  const out = values.get("out");
  for (const path of operands.length === 0 ? [undefined] : operands) {
    const digest = (HASHES[name] as () => Hash)()
      .update(yield* input(p, path))
      .digest();
    if (key !== undefined) {
      const signer = parsePrivateKey(yield* input(p, key));
      yield* result(p, out, signer.sign(signable(name), digest));
    } else if (verifyKey !== undefined) {
      const verifier = parsePublicKey(yield* input(p, verifyKey));
      const signature = yield* input(p, values.get("signature"));
      const good = verifier.verify(signable(name), digest, signature);
      const w = p.stdout.puts(good ? "Verified OK\n" : "Verification failure\n");
      if (w) yield* w;
      if (!good) return 1;
    } else if (flags.has("binary")) yield* result(p, out, digest);
    else {
      let text = hex(digest);
      if (flags.has("c")) text = text.replace(/(..)(?=.)/g, "$1:");
      const line = flags.has("r")
        ? `${text} *${path ?? "stdin"}\n`
        : `${name === "md5" ? "MD5" : name.replace("sha", "SHA2-").replace("SHA2-1", "SHA1")}(${path ?? "stdin"})= ${text}\n`;
      yield* result(
        p,
        out,
        Uint8Array.from(line, (c) => c.charCodeAt(0)),
      );
    }
  }
  return 0;
}
