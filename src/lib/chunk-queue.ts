// A queue of pushed chunks from which archive readers take headers whole and data piece by piece.
import { concat } from "./bytes.ts";

/** Pieces that it gives share memory with what was pushed. */
export class ChunkQueue {
  #chunks: Uint8Array[] = [];
  #at = 0;
  /** Bytes in the queue. */
  available = 0;
  /** Bytes that have been taken or skipped. */
  used = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.available += chunk.length;
  }

  /** Drops `n` of the available bytes. */
  skip(n: number): void {
    this.available -= n;
    this.used += n;
    this.#at += n;
    let i = 0;
    for (; i < this.#chunks.length; i++) {
      const length = (this.#chunks[i] as Uint8Array).length;
      if (this.#at < length) break;
      this.#at -= length;
    }
    if (i > 0) this.#chunks.splice(0, i);
  }

  /** Takes what can be had without copying, at most `most` bytes; empty only if the queue is. */
  piece(most: number): Uint8Array {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return new Uint8Array(0);
    const piece = chunk.subarray(this.#at, Math.min(chunk.length, this.#at + most));
    this.skip(piece.length);
    return piece;
  }

  /** Takes `n` bytes in one; undefined if they are not all there. */
  take(n: number): Uint8Array | undefined {
    const bytes = this.peek(n);
    if (bytes !== undefined) this.skip(n);
    return bytes;
  }

  /** As {@link take}, but leaves them. */
  peek(n: number): Uint8Array | undefined {
    if (this.available < n) return undefined;
    if (n === 0) return new Uint8Array(0);
    const parts: Uint8Array[] = [];
    let missing = n;
    for (let i = 0; missing > 0; i++) {
      const from = i === 0 ? this.#at : 0;
      const part = (this.#chunks[i] as Uint8Array).subarray(from, from + missing);
      parts.push(part);
      missing -= part.length;
    }
    return concat(parts);
  }
}
