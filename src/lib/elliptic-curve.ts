// Points of the prime curves P-256, P-384 and P-521 (SP 800-186, SEC 1): y² = x³ - 3x + b modulo p.
// Computing takes a time that depends on the numbers.
import { bigOf, bytesOfBig, mod, modInverse, modPow } from "./bigint.ts";
import { concat } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

/** A curve and its generator. */
export interface Curve {
  readonly name: string;
  readonly oid: string;
  readonly bits: number;
  readonly p: bigint;
  readonly b: bigint;
  /** How many points the generator makes. */
  readonly n: bigint;
  readonly g: Point;
}

/** A point other than the one at infinity. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** Jacobian coordinates: x / z², y / z³; infinity where z is 0. */
type Jacobian = readonly [x: bigint, y: bigint, z: bigint];

/** The curves that are known. */
export function curves(): readonly Curve[] {
  return [
    {
      name: "P-256",
      oid: "1.2.840.10045.3.1.7",
      bits: 256,
      p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
      n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
      g: {
        x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
        y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
      },
    },
    {
      name: "P-384",
      oid: "1.3.132.0.34",
      bits: 384,
      p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
      n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
      g: {
        x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
        y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
      },
    },
    {
      name: "P-521",
      oid: "1.3.132.0.35",
      bits: 521,
      p: 2n ** 521n - 1n,
      b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
      n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
      g: {
        x: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
        y: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
      },
    },
  ];
}

/** Bytes of a coordinate. */
export function coordinateSize(curve: Curve): number {
  return Math.ceil(curve.bits / 8);
}

/** The point that bytes stand for, compressed or not; FormatError if it is not on the curve. */
export function parsePoint(curve: Curve, bytes: Uint8Array): Point {
  const size = coordinateSize(curve);
  const form = bytes[0];
  const x = bigOf(bytes.subarray(1, 1 + size));
  const { p } = curve;
  if (form === 4 && bytes.length === 1 + 2 * size) {
    const y = bigOf(bytes.subarray(1 + size));
    if (x < p && y < p && (y * y) % p === squareAt(curve, x)) return { x, y };
  } else if ((form === 2 || form === 3) && bytes.length === 1 + size && x < p) {
    const square = squareAt(curve, x);
    // A root, if there is one, since all these p are 3 modulo 4.
    const root = modPow(square, (p + 1n) >> 2n, p);
    const odd = (root & 1n) === 1n;
    if ((root * root) % p === square && root > 0n)
      return { x, y: odd === (form === 3) ? root : p - root };
  }
  throw new FormatError("data", "invalid point");
}

/** Uncompressed. */
export function formatPoint(curve: Curve, { x, y }: Point): Uint8Array {
  const size = coordinateSize(curve);
  return concat([Uint8Array.of(4), bytesOfBig(x, size), bytesOfBig(y, size)]);
}

function squareAt({ p, b }: Curve, x: bigint): bigint {
  return mod(x * x * x - 3n * x + b, p);
}

/** `k` times the generator plus `m` times a point; undefined for the point at infinity. */
export function combine(curve: Curve, k: bigint, m = 0n, point?: Point): Point | undefined {
  const { p, g } = curve;
  const one: Jacobian = [g.x, g.y, 1n];
  const other: Jacobian = point === undefined ? [1n, 1n, 0n] : [point.x, point.y, 1n];
  const both = add(p, one, other);
  const a = k.toString(2);
  const b = m.toString(2);
  const length = Math.max(a.length, b.length);
  const first = a.padStart(length, "0");
  const second = b.padStart(length, "0");
  let sum: Jacobian = [1n, 1n, 0n];
  for (let i = 0; i < length; i++) {
    sum = double(p, sum);
    if (first[i] === "1") sum = add(p, sum, second[i] === "1" ? both : one);
    else if (second[i] === "1") sum = add(p, sum, other);
  }
  const inverse = modInverse(sum[2], p);
  if (inverse === undefined) return undefined;
  const square = (inverse * inverse) % p;
  return { x: (sum[0] * square) % p, y: (((sum[1] * square) % p) * inverse) % p };
}

/** For curves where a = -3. */
function double(p: bigint, [x, y, z]: Jacobian): Jacobian {
  if (z === 0n) return [x, y, z];
  const zz = (z * z) % p;
  const yy = (y * y) % p;
  const s = (4n * x * yy) % p;
  const m = (3n * (x - zz) * (x + zz)) % p;
  const x3 = mod(m * m - 2n * s, p);
  return [x3, mod(m * (s - x3) - 8n * yy * yy, p), (2n * y * z) % p];
}

function add(p: bigint, a: Jacobian, b: Jacobian): Jacobian {
  if (a[2] === 0n) return b;
  if (b[2] === 0n) return a;
  const az = (a[2] * a[2]) % p;
  const bz = (b[2] * b[2]) % p;
  const u = (a[0] * bz) % p;
  const s = (((a[1] * bz) % p) * b[2]) % p;
  const h = mod(b[0] * az - u, p);
  const r = mod(((b[1] * az) % p) * a[2] - s, p);
  if (h === 0n) return r === 0n ? double(p, a) : [1n, 1n, 0n];
  const hh = (h * h) % p;
  const hhh = (hh * h) % p;
  const v = (u * hh) % p;
  const x = mod(r * r - hhh - 2n * v, p);
  return [x, mod(r * (v - x) - s * hhh, p), (((a[2] * b[2]) % p) * h) % p];
}
