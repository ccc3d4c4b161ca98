// Bits that are written from the lowest of each byte on and read from the end, as Zstandard's streams are.

/** Collects bits; a mark ends them, so that the last byte tells how many it has. */
export class BitWriter {
  #buf: Uint8Array;
  #at = 0;
  #hold = 0;
  #bits = 0;

  constructor(capacity: number = 1 << 12) {
    this.#buf = new Uint8Array(capacity);
  }

  /** Adds the `n` <= 24 low bits of a value that has no others. */
  add(value: number, n: number): void {
    this.#hold |= value << this.#bits;
    this.#bits += n;
    if (this.#bits < 8) return;
    if (this.#at + 4 > this.#buf.length) this.#grow();
    do {
      this.#buf[this.#at++] = this.#hold;
      this.#hold >>>= 8;
      this.#bits -= 8;
    } while (this.#bits >= 8);
  }

  /** The bytes so far, the last one filled up with zeros; the writer begins anew. */
  take(): Uint8Array {
    this.add(0, (8 - this.#bits) & 7);
    const bytes = this.#buf.slice(0, this.#at);
    this.#at = this.#hold = this.#bits = 0;
    return bytes;
  }

  /** As {@link take}, with the mark at the end. */
  finish(): Uint8Array {
    this.add(1, 1);
    return this.take();
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#buf.length + 4);
    grown.set(this.#buf);
    this.#buf = grown;
  }
}
