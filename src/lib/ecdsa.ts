// ECDSA keys and signatures (FIPS 186-5, keys as in SEC 1 and RFC 5480), with the nonces of RFC 6979.
import {
  CONTEXT_0,
  CONTEXT_1,
  DerReader,
  der,
  derBits,
  derInteger,
  derOid,
  OCTET_STRING,
  SEQUENCE,
} from "./asn1.ts";
import { bigOf, bytesOfBig, mod, modInverse } from "./bigint.ts";
import {
  type Curve,
  combine,
  coordinateSize,
  curves,
  formatPoint,
  type Point,
  parsePoint,
} from "./elliptic-curve.ts";
import { FormatError } from "./format-error.ts";
import { Hmac } from "./hmac.ts";
import {
  checkDigest,
  hashFacts,
  type PrivateKey,
  type PublicKey,
  type SignatureHash,
} from "./signature.ts";

/** id-ecPublicKey. */
export const EC_OID = "1.2.840.10045.2.1";

/** The curve of an object identifier; FormatError for one that is not known. */
export function curveOf(oid: string): Curve {
  const curve = curves().find((each) => each.oid === oid);
  if (curve === undefined) throw new FormatError("unsupported", "unsupported curve");
  return curve;
}

/** The public half: a point. */
export class EcPublicKey implements PublicKey {
  readonly kind = "ec";
  readonly bits: number;
  readonly curve: Curve;
  readonly #point: Point;

  constructor(curve: Curve, point: Point) {
    this.bits = curve.bits;
    this.curve = curve;
    this.#point = point;
  }

  /** Reads a point, compressed or not. */
  static parse(curve: Curve, bytes: Uint8Array): EcPublicKey {
    return new EcPublicKey(curve, parsePoint(curve, bytes));
  }

  get raw(): Uint8Array {
    return formatPoint(this.curve, this.#point);
  }

  get der(): Uint8Array {
    return der(SEQUENCE, algorithm(this.curve), derBits(this.raw));
  }

  verify(hash: SignatureHash, digest: Uint8Array, signature: Uint8Array): boolean {
    checkDigest(hash, digest);
    const numbers = parseSignature(signature);
    if (numbers === undefined) return false;
    const { n } = this.curve;
    const [r, s] = numbers;
    if (r === 0n || r >= n || s === 0n || s >= n) return false;
    const inverse = modInverse(s, n) as bigint;
    const e = numberOf(this.curve, digest);
    const sum = combine(this.curve, (e * inverse) % n, (r * inverse) % n, this.#point);
    return sum !== undefined && sum.x % n === r;
  }
}

/** Both halves. */
export class EcPrivateKey implements PrivateKey {
  readonly kind = "ec";
  readonly publicKey: EcPublicKey;
  readonly #d: bigint;

  /** `d` is the factor by which the generator makes the public point. */
  constructor(curve: Curve, d: bigint) {
    const point = d > 0n && d < curve.n ? combine(curve, d) : undefined;
    if (point === undefined) throw new FormatError("data", "invalid EC key");
    this.publicKey = new EcPublicKey(curve, point);
    this.#d = d;
  }

  /** Reads ECPrivateKey (SEC 1); the curve is what it names itself, if it does. */
  static parse(bytes: Uint8Array, outer?: Curve): EcPrivateKey {
    const outside = new DerReader(bytes);
    const inside = outside.inside();
    outside.end();
    if (inside.integer() !== 1n) throw new FormatError("unsupported", "unsupported key version");
    const d = bigOf(inside.take(OCTET_STRING));
    let curve = outer;
    if (inside.tag === CONTEXT_0) curve = curveOf(inside.inside(CONTEXT_0).oid());
    // The point is computed from the number.
    if (inside.tag === CONTEXT_1) inside.take(CONTEXT_1);
    inside.end();
    if (curve === undefined || (outer !== undefined && curve.oid !== outer.oid))
      throw new FormatError("data", "invalid EC key");
    return new EcPrivateKey(curve, d);
  }

  get der(): Uint8Array {
    const { curve, raw } = this.publicKey;
    const secret = der(
      SEQUENCE,
      derInteger(1n),
      der(OCTET_STRING, bytesOfBig(this.#d, coordinateSize(curve))),
      der(CONTEXT_1, derBits(raw)),
    );
    return der(SEQUENCE, derInteger(0n), algorithm(curve), der(OCTET_STRING, secret));
  }

  sign(hash: SignatureHash, digest: Uint8Array): Uint8Array {
    checkDigest(hash, digest);
    const { curve } = this.publicKey;
    const { n } = curve;
    const e = numberOf(curve, digest);
    for (const k of nonces(curve, this.#d, hash, digest)) {
      const point = combine(curve, k);
      const inverse = modInverse(k, n);
      if (point === undefined || inverse === undefined) continue;
      const r = point.x % n;
      const s = (inverse * ((e + r * this.#d) % n)) % n;
      if (r > 0n && s > 0n) return der(SEQUENCE, derInteger(r), derInteger(s));
    }
    throw new Error("bug: out of nonces");
  }
}

function algorithm(curve: Curve): Uint8Array {
  return der(SEQUENCE, derOid(EC_OID), derOid(curve.oid));
}

/** The two numbers; undefined if it is no signature or not written as DER wants it. */
function parseSignature(bytes: Uint8Array): [bigint, bigint] | undefined {
  try {
    const outside = new DerReader(bytes);
    const inside = outside.inside();
    outside.end();
    const r = inside.integer();
    const s = inside.integer();
    inside.end();
    return [r, s];
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    return undefined;
  }
}

/** As many bits of a digest as the curve has, from the left. */
function numberOf(curve: Curve, digest: Uint8Array): bigint {
  return bigOf(digest) >> BigInt(Math.max(0, 8 * digest.length - curve.bits));
}

/** RFC 6979 section 3.2: numbers that nobody else can know and that no other digest has. */
function* nonces(
  curve: Curve,
  d: bigint,
  hash: SignatureHash,
  digest: Uint8Array,
): Generator<bigint, void> {
  const { make, size, blockSize } = hashFacts(hash);
  const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array => {
    const code = new Hmac(make, blockSize, key);
    for (const part of parts) code.update(part);
    return code.digest();
  };
  // All the curves' bits and those of their n are as many.
  const width = coordinateSize(curve);
  const secret = bytesOfBig(d, width);
  const message = bytesOfBig(mod(numberOf(curve, digest), curve.n), width);
  let key: Uint8Array = new Uint8Array(size);
  let value: Uint8Array = new Uint8Array(size).fill(1);
  for (const mark of [0, 1]) {
    key = hmac(key, value, Uint8Array.of(mark), secret, message);
    value = hmac(key, value);
  }
  for (;;) {
    const bytes = new Uint8Array(Math.ceil(width / size) * size);
    for (let at = 0; at < bytes.length; at += size) {
      value = hmac(key, value);
      bytes.set(value, at);
    }
    const k = numberOf(curve, bytes.subarray(0, width));
    if (k > 0n && k < curve.n) yield k;
    key = hmac(key, value, Uint8Array.of(0));
    value = hmac(key, value);
  }
}
