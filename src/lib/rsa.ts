// RSA keys and their signatures: RSASSA-PKCS1-v1_5 (RFC 8017).
import {
  DerReader,
  der,
  derBits,
  derInteger,
  derOid,
  NULL,
  OCTET_STRING,
  SEQUENCE,
} from "./asn1.ts";
import { bigOf, bitLength, bytesOfBig, mod, modInverse, modPow } from "./bigint.ts";
import { equal } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { type RandomBytes, randomPrime } from "./prime.ts";
import {
  checkDigest,
  hashFacts,
  type PrivateKey,
  type PublicKey,
  type SignatureHash,
} from "./signature.ts";

/** rsaEncryption. */
export const RSA_OID = "1.2.840.113549.1.1.1";

// As OpenSSL has it: no larger keys, and with large ones no large exponents, for they cost time.
const BITS_MAX = 16384;
const BITS_SMALL = 3072;
const EXPONENT_BITS_MAX = 64;
const BITS_MIN = 512;
const EXPONENT = 65537n;

/** The public half of an RSA key. */
export class RsaPublicKey implements PublicKey {
  readonly kind = "rsa";
  readonly bits: number;
  readonly modulus: bigint;
  readonly exponent: bigint;
  readonly #size: number;

  /** FormatError where no such key can be, or it is too large. */
  constructor(modulus: bigint, exponent: bigint) {
    const bits = bitLength(modulus);
    if (bits > BITS_MAX) throw new FormatError("unsupported", "modulus too large");
    if (bits > BITS_SMALL && bitLength(exponent) > EXPONENT_BITS_MAX)
      throw new FormatError("unsupported", "bad exponent");
    if ((modulus & 1n) === 0n || (exponent & 1n) === 0n || exponent < 3n || exponent >= modulus)
      throw new FormatError("data", "invalid RSA key");
    this.bits = bits;
    this.modulus = modulus;
    this.exponent = exponent;
    this.#size = Math.ceil(bits / 8);
  }

  /** Reads RSAPublicKey. */
  static parse(bytes: Uint8Array): RsaPublicKey {
    const outside = new DerReader(bytes);
    const inside = outside.inside();
    outside.end();
    const modulus = inside.integer();
    const exponent = inside.integer();
    inside.end();
    return new RsaPublicKey(modulus, exponent);
  }

  get raw(): Uint8Array {
    return der(SEQUENCE, derInteger(this.modulus), derInteger(this.exponent));
  }

  get der(): Uint8Array {
    return der(SEQUENCE, algorithm(), derBits(this.raw));
  }

  verify(hash: SignatureHash, digest: Uint8Array, signature: Uint8Array): boolean {
    checkDigest(hash, digest);
    if (signature.length !== this.#size) return false;
    const s = bigOf(signature);
    if (s >= this.modulus) return false;
    const expected = encode(hash, digest, this.#size);
    if (expected === undefined) return false;
    // The whole encoding is compared: what is parsed instead can be forged.
    return equal(bytesOfBig(modPow(s, this.exponent, this.modulus), this.#size), expected);
  }
}

/** Both halves of an RSA key. */
export class RsaPrivateKey implements PrivateKey {
  readonly kind = "rsa";
  readonly publicKey: RsaPublicKey;
  readonly #d: bigint;
  readonly #p: bigint;
  readonly #q: bigint;

  /** `d` is the private exponent, `p` and `q` the primes. */
  constructor(publicKey: RsaPublicKey, d: bigint, p: bigint, q: bigint) {
    if (p < 3n || q < 3n || p * q !== publicKey.modulus || p === q || d < 3n)
      throw new FormatError("data", "invalid RSA key");
    this.publicKey = publicKey;
    this.#d = d;
    this.#p = p;
    this.#q = q;
  }

  /** Reads RSAPrivateKey (PKCS #1) of two primes. */
  static parse(bytes: Uint8Array): RsaPrivateKey {
    const outside = new DerReader(bytes);
    const inside = outside.inside();
    outside.end();
    if (inside.integer() !== 0n) throw new FormatError("unsupported", "unsupported key version");
    const publicKey = new RsaPublicKey(inside.integer(), inside.integer());
    const [d, p, q] = [inside.integer(), inside.integer(), inside.integer()];
    // What follows (d modulo p - 1 and q - 1, and the inverse of q) comes from these.
    for (let i = 0; i < 3; i++) inside.integer();
    inside.end();
    return new RsaPrivateKey(publicKey, d, p, q);
  }

  /** RSAPrivateKey (PKCS #1). */
  get raw(): Uint8Array {
    const { modulus, exponent } = this.publicKey;
    const [p, q, d] = [this.#p, this.#q, this.#d];
    const inverse = this.#inverse();
    const numbers = [0n, modulus, exponent, d, p, q, d % (p - 1n), d % (q - 1n), inverse];
    return der(SEQUENCE, ...numbers.map(derInteger));
  }

  get der(): Uint8Array {
    return der(SEQUENCE, derInteger(0n), algorithm(), der(OCTET_STRING, this.raw));
  }

  sign(hash: SignatureHash, digest: Uint8Array): Uint8Array {
    checkDigest(hash, digest);
    const { modulus, exponent, bits } = this.publicKey;
    const size = Math.ceil(bits / 8);
    const encoded = encode(hash, digest, size);
    if (encoded === undefined) throw new FormatError("unsupported", "key too small");
    const m = bigOf(encoded);
    // By the Chinese remainder theorem, four times as fast as modulo n.
    const [p, q] = [this.#p, this.#q];
    const s1 = modPow(m, this.#d % (p - 1n), p);
    const s2 = modPow(m, this.#d % (q - 1n), q);
    const s = s2 + q * mod((s1 - s2) * this.#inverse(), p);
    // A signature made with a broken key would tell its primes.
    if (modPow(s, exponent, modulus) !== m) throw new FormatError("data", "invalid RSA key");
    return bytesOfBig(s, size);
  }

  #inverse(): bigint {
    const inverse = modInverse(this.#q, this.#p);
    if (inverse === undefined) throw new FormatError("data", "invalid RSA key");
    return inverse;
  }
}

function algorithm(): Uint8Array {
  return der(SEQUENCE, derOid(RSA_OID), der(NULL));
}

/** EMSA-PKCS1-v1_5; undefined when the key is too small for it. */
function encode(hash: SignatureHash, digest: Uint8Array, size: number): Uint8Array | undefined {
  const identifier = der(SEQUENCE, derOid(hashFacts(hash).oid), der(NULL));
  const info = der(SEQUENCE, identifier, der(OCTET_STRING, digest));
  if (size < info.length + 11) return undefined;
  const out = new Uint8Array(size).fill(0xff, 1, size - info.length - 1);
  out[1] = 1;
  out.set(info, size - info.length);
  return out;
}

/**
 * Makes a key of so many bits (512 to 16384, even) with the public exponent 65537. Yields now and then, for it takes
 * about 2 s for 4096 bits on Node 20.
 */
export function* generateRsaKey(
  bits: number,
  random: RandomBytes,
): Generator<undefined, RsaPrivateKey> {
  if (bits < BITS_MIN || bits > BITS_MAX || bits % 2 !== 0)
    throw new RangeError("unsupported key size");
  const half = bits / 2;
  for (;;) {
    const p = yield* randomPrime(half, random);
    const q = yield* randomPrime(half, random);
    // FIPS 186-5 appendix A.1.3: primes that lie apart, and no small private exponent.
    const apart = p > q ? p - q : q - p;
    if (bitLength(apart) <= half - 100) continue;
    const d = modInverse(EXPONENT, lcm(p - 1n, q - 1n));
    if (d === undefined || bitLength(d) <= half) continue;
    // The larger prime comes first, as OpenSSL writes them.
    const [first, second] = p > q ? [p, q] : [q, p];
    return new RsaPrivateKey(new RsaPublicKey(p * q, EXPONENT), d, first, second);
  }
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y > 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}
