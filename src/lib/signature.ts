// What keys of all kinds have in common, and the digests that are signed.
import type { Hash } from "./hash.ts";
import { Sha1 } from "./sha1.ts";
import { Sha256 } from "./sha256.ts";
import { Sha512 } from "./sha512.ts";

/** The digests that signatures are made of, in OpenSSL's names. */
export type SignatureHash = "sha1" | "sha256" | "sha512";

/** The public half of a pair of keys. */
export interface PublicKey {
  readonly kind: "rsa" | "ec";
  /** Size: bits of the modulus, or of the curve. */
  readonly bits: number;
  /** SubjectPublicKeyInfo (RFC 5280), which names the kind. */
  readonly der: Uint8Array;
  /** The key alone: RSAPublicKey (RFC 8017), or the point on the curve (SEC 1). apk's v3 files name a key by its SHA-512. */
  readonly raw: Uint8Array;
  /** Is it a signature of this digest by the other half? The digest must have its hash's size. */
  verify(hash: SignatureHash, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** The secret half of a pair of keys. */
export interface PrivateKey {
  readonly kind: "rsa" | "ec";
  /** PrivateKeyInfo of PKCS #8 (RFC 5208). */
  readonly der: Uint8Array;
  readonly publicKey: PublicKey;
  /** Signs a digest of its hash's size. */
  sign(hash: SignatureHash, digest: Uint8Array): Uint8Array;
}

/** Sizes in bytes. */
interface HashFacts {
  readonly make: () => Hash;
  readonly size: number;
  readonly blockSize: number;
  /** Object identifier. */
  readonly oid: string;
}

/** What is known about a hash. */
export function hashFacts(name: SignatureHash): HashFacts {
  switch (name) {
    case "sha1":
      return { make: () => new Sha1(), size: 20, blockSize: 64, oid: "1.3.14.3.2.26" };
    case "sha256":
      return { make: () => new Sha256(), size: 32, blockSize: 64, oid: "2.16.840.1.101.3.4.2.1" };
    case "sha512":
      return { make: () => new Sha512(), size: 64, blockSize: 128, oid: "2.16.840.1.101.3.4.2.3" };
  }
}

/** Throws RangeError for a digest that its hash cannot have made. */
export function checkDigest(name: SignatureHash, digest: Uint8Array): void {
  if (digest.length !== hashFacts(name).size) throw new RangeError("digest of the wrong size");
}
