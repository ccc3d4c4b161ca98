// What all message digests here have in common: streaming, and cutting the input into blocks.

/** A message digest being computed. */
export interface Hash {
  /** Takes more of the message. */
  update(bytes: Uint8Array): this;
  /** Ends the message. To be called once; the object is spent then. */
  digest(): Uint8Array;
}

/** Collects input into whole blocks, with padding as in MD5 and the SHA family (Merkle-Damgård). */
export abstract class BlockHash implements Hash {
  readonly #blockSize: number;
  readonly #pending: Uint8Array;
  readonly #pendingView: DataView;
  #used = 0;
  #length = 0;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
    this.#pending = new Uint8Array(blockSize);
    this.#pendingView = new DataView(this.#pending.buffer);
  }

  /** Works through `count` whole blocks that begin at `at`. */
  protected abstract blocks(view: DataView, at: number, count: number): void;

  update(bytes: Uint8Array): this {
    const size = this.#blockSize;
    let at = 0;
    this.#length += bytes.length;
    if (this.#used > 0) {
      at = Math.min(size - this.#used, bytes.length);
      this.#pending.set(bytes.subarray(0, at), this.#used);
      this.#used += at;
      if (this.#used < size) return this;
      this.blocks(this.#pendingView, 0, 1);
      this.#used = 0;
    }
    const count = Math.floor((bytes.length - at) / size);
    if (count > 0) {
      this.blocks(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at, count);
      at += count * size;
    }
    if (at < bytes.length) {
      this.#pending.set(bytes.subarray(at));
      this.#used = bytes.length - at;
    }
    return this;
  }

  abstract digest(): Uint8Array;

  /**
   * Appends the bit 1, zeros, and the length in bits in the last eight bytes of a block.
   * `lengthSize` is how many bytes the standard keeps for the length: 8, or 16 of which the upper half stays 0.
   */
  protected pad(lengthSize: number, littleEndian: boolean): void {
    const size = this.#blockSize;
    const block = this.#pending;
    block[this.#used++] = 0x80;
    block.fill(0, this.#used);
    if (this.#used > size - lengthSize) {
      this.blocks(this.#pendingView, 0, 1);
      block.fill(0);
    }
    const high = Math.floor(this.#length / 0x20000000);
    const low = this.#length << 3;
    this.#pendingView.setInt32(size - 8, littleEndian ? low : high, littleEndian);
    this.#pendingView.setInt32(size - 4, littleEndian ? high : low, littleEndian);
    this.blocks(this.#pendingView, 0, 1);
  }
}

/** The first `size` bytes of a state kept as 32-bit words. */
export function wordsToBytes(words: Int32Array, size: number, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  for (let i = 0; i < words.length; i++) view.setInt32(4 * i, words[i] as number, littleEndian);
  return new Uint8Array(view.buffer, 0, size).slice();
}
