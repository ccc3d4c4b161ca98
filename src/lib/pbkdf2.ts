// PBKDF2 with HMAC (RFC 8018 section 5.2): a key from a password, slowly on purpose.
import type { Hash } from "./hash.ts";
import { Hmac } from "./hmac.ts";

/** Iterations between two pauses. */
const SLICE = 250;

/** `length` bytes; `blockSize` is that of the hash. Yields now and then. */
export function* pbkdf2(
  make: () => Hash,
  blockSize: number,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Generator<undefined, Uint8Array> {
  const out = new Uint8Array(length);
  const hmac = (...parts: Uint8Array[]): Uint8Array => {
    const code = new Hmac(make, blockSize, password);
    for (const part of parts) code.update(part);
    return code.digest();
  };
  for (let at = 0, index = 1; at < length; index++) {
    let u = hmac(salt, Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index));
    const sum = u.slice();
    for (let i = 1; i < iterations; i++) {
      if (i % SLICE === 0) yield undefined;
      u = hmac(u);
      for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] as number) ^ (u[k] as number);
    }
    out.set(sum.subarray(0, length - at), at);
    at += sum.length;
  }
  return out;
}
