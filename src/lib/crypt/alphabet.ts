// The 64 characters of crypt(3), and bits written with them.
export const ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` characters of a number, its lowest six bits first. */
export function to64(value: number, length: number): string {
  let out = "";
  let v = value >>> 0;
  for (let i = 0; i < length; i++) {
    out += ITOA64.charAt(v & 63);
    v >>>= 6;
  }
  return out;
}

/** Bytes of a digest in triples of indices, highest first, as the SHA and MD5 methods write them. */
export function encode(
  digest: Uint8Array,
  triples: readonly (readonly [number, number, number])[],
): string {
  let out = "";
  for (const [a, b, c] of triples)
    out += to64(
      ((digest[a] as number) << 16) | ((digest[b] as number) << 8) | (digest[c] as number),
      4,
    );
  return out;
}

/** The first `length` bytes of `block` repeated. */
export function repeat(block: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = block[i % block.length] as number;
  return out;
}
