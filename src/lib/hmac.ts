// HMAC (RFC 2104, FIPS 198-1): a message digest under a key.
import type { Hash } from "./hash.ts";

/** The authentication code of a message; `blockSize` is that of the hash: 64 bytes, or 128 from SHA-384 on. */
export class Hmac implements Hash {
  readonly #inner: Hash;
  readonly #outer: Hash;

  constructor(make: () => Hash, blockSize: number, key: Uint8Array) {
    const pad = new Uint8Array(blockSize);
    pad.set(key.length > blockSize ? make().update(key).digest() : key);
    this.#inner = make().update(pad.map((byte) => byte ^ 0x36));
    this.#outer = make().update(pad.map((byte) => byte ^ 0x5c));
  }

  update(bytes: Uint8Array): this {
    this.#inner.update(bytes);
    return this;
  }

  digest(): Uint8Array {
    return this.#outer.update(this.#inner.digest()).digest();
  }
}
