// Files that `openssl enc -salt` writes: "Salted__", eight bytes of salt, and text encrypted under a key that comes from
// a password, by EVP_BytesToKey(3) or PBKDF2.
import { Aes } from "./aes.ts";
import { bytesOf, concat, equal } from "./bytes.ts";
import { type BlockCipher, CbcDecoder, CbcEncoder } from "./cbc.ts";
import { TripleDes } from "./des.ts";
import { FormatError } from "./format-error.ts";
import type { Hash } from "./hash.ts";
import { Md5 } from "./md5.ts";
import { pbkdf2 } from "./pbkdf2.ts";
import { hashFacts, type SignatureHash } from "./signature.ts";

const MAGIC = "Salted__";
const SALT = 8;
/** A file must not make anybody compute for hours. */
const ITERATIONS_MAX = 10_000_000;

/** How a file is encrypted, in OpenSSL's words. */
export interface EncOptions {
  readonly cipher: "aes-128-cbc" | "aes-192-cbc" | "aes-256-cbc" | "des-ede3-cbc";
  readonly password: Uint8Array;
  /** The digest, -md; sha256 unless given. */
  readonly md?: "md5" | SignatureHash;
  /** How often, -iter: with it the key comes from PBKDF2. OpenSSL's -pbkdf2 alone means 10000. */
  readonly iterations?: number;
}

/** Encrypts a text; the eight bytes of salt must be new for each. Yields now and then. */
export function* encEncrypt(
  text: Uint8Array,
  options: EncOptions,
  salt: Uint8Array,
): Generator<undefined, Uint8Array> {
  if (salt.length !== SALT) throw new RangeError("bad length of salt");
  const { cipher, iv } = yield* derive(options, salt);
  const encoder = new CbcEncoder(cipher, iv);
  return concat([bytesOf(MAGIC), salt, encoder.encode(text), encoder.end()]);
}

/** Decrypts a file; FormatError if it is none, or broken, or the password is wrong. Yields now and then. */
export function* encDecrypt(
  file: Uint8Array,
  options: EncOptions,
): Generator<undefined, Uint8Array> {
  if (!equal(file.subarray(0, MAGIC.length), bytesOf(MAGIC)))
    throw new FormatError("magic", "bad magic number");
  const start = MAGIC.length + SALT;
  if (file.length < start) throw new FormatError("eof", "error reading input file");
  const { cipher, iv } = yield* derive(options, file.subarray(MAGIC.length, start));
  const decoder = new CbcDecoder(cipher, iv);
  return concat([decoder.decode(file.subarray(start)), decoder.end()]);
}

/** EVP_BytesToKey with a count of one: digests of the one before, the password and the salt, one after another. */
export function evpBytesToKey(
  make: () => Hash,
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length);
  let digest: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < length; at += digest.length) {
    digest = make().update(digest).update(password).update(salt).digest();
    out.set(digest.subarray(0, length - at), at);
  }
  return out;
}

function* derive(
  { cipher, password, md = "sha256", iterations }: EncOptions,
  salt: Uint8Array,
): Generator<undefined, { cipher: BlockCipher; iv: Uint8Array }> {
  const triple = cipher === "des-ede3-cbc";
  const keySize = triple ? 24 : Number(cipher.slice(4, 7)) / 8;
  const size = keySize + (triple ? 8 : 16);
  const { make, blockSize } =
    md === "md5" ? { make: () => new Md5(), blockSize: 64 } : hashFacts(md);
  let bytes: Uint8Array;
  if (iterations === undefined) bytes = evpBytesToKey(make, password, salt, size);
  else {
    if (!Number.isInteger(iterations) || iterations < 1 || iterations > ITERATIONS_MAX)
      throw new RangeError("bad number of iterations");
    bytes = yield* pbkdf2(make, blockSize, password, salt, iterations, size);
  }
  const key = bytes.subarray(0, keySize);
  return { cipher: triple ? new TripleDes(key) : new Aes(key), iv: bytes.subarray(keySize) };
}
