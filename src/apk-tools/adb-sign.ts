// Signatures of version 3 files: of the values' SHA-512, by a key that is named by its own SHA-512 (apk-v3(5)).
import { bytesOf, concat, equal } from "../lib/bytes.ts";
import { Sha512 } from "../lib/sha512.ts";
import type { PrivateKey, PublicKey } from "../lib/signature.ts";
import { badSignature, untrusted } from "./errors.ts";
import type { Trust } from "./trust.ts";

const VERSION = 0;
const DIGEST_SHA512 = 4;
const ID_SIZE = 16;
const HEADER = 2 + ID_SIZE;

/** By what signatures name a key. */
export function keyId(key: PublicKey): Uint8Array {
  return new Sha512().update(key.raw).digest().slice(0, ID_SIZE);
}

/** What is signed: schema, the signature's header, and the digest of the values. */
function message(schema: string, header: Uint8Array, adb: Uint8Array): Uint8Array {
  return concat([bytesOf(schema), header, new Sha512().update(adb).digest()]);
}

/** The contents of a signature block. */
export function signAdb(key: PrivateKey, schema: string, adb: Uint8Array): Uint8Array {
  const header = concat([Uint8Array.of(VERSION, DIGEST_SHA512), keyId(key.publicKey)]);
  const digest = new Sha512().update(message(schema, header, adb)).digest();
  return concat([header, key.sign("sha512", digest)]);
}

/** How a signature stands to the keys that are trusted. */
export type Standing = "good" | "bad" | "unknown";

/** Judges one signature block. */
export function checkSignature(
  signature: Uint8Array,
  keys: Iterable<PublicKey>,
  schema: string,
  adb: Uint8Array,
): Standing {
  if (signature.length <= HEADER || signature[0] !== VERSION || signature[1] !== DIGEST_SHA512)
    return "unknown";
  const header = signature.subarray(0, HEADER);
  const id = header.subarray(2);
  for (const key of keys) {
    if (!equal(keyId(key), id)) continue;
    const digest = new Sha512().update(message(schema, header, adb)).digest();
    return key.verify("sha512", digest, signature.subarray(HEADER)) ? "good" : "bad";
  }
  return "unknown";
}

/** True: a trusted key has signed it. False: none has, and that is allowed. Throws ApkError otherwise. */
export function verifyAdb(
  trust: Trust,
  signatures: readonly Uint8Array[],
  schema: string,
  adb: Uint8Array,
): boolean {
  let bad = false;
  for (const signature of signatures) {
    const standing = checkSignature(signature, trust.keys.values(), schema, adb);
    if (standing === "good") return true;
    bad ||= standing === "bad";
  }
  if (bad) throw badSignature();
  if (!trust.allowUntrusted) throw untrusted();
  return false;
}
