// What the readers of archives have in common: files one after another, each with data that may be read or passed over,
// and padding after it.
import { ChunkQueue } from "./chunk-queue.ts";
import { FormatError } from "./format-error.ts";

/**
 * Reads an archive. `next` finds the next file, `read` gives its data; both answer undefined when there is nothing
 * (more), or when input is lacking: then `needsInput` is true, and after `push` or `end` the call is made again.
 * Data that is not read is passed over.
 */
export abstract class ArchiveReader<File> {
  protected readonly queue: ChunkQueue = new ChunkQueue();
  protected ended = false;
  /** Data of the current file that has not been read, and the padding after it. */
  protected left = 0;
  protected padding = 0;
  /** Did the last call answer undefined because it lacks input? */
  needsInput = false;
  /** Has the end of the archive been seen? What follows is of no interest. */
  done = false;

  /** The next file. */
  abstract next(): File | undefined;

  push(chunk: Uint8Array): void {
    this.queue.push(chunk);
  }

  end(): void {
    this.ended = true;
  }

  /** Data of the current file that `read` has not given yet. */
  get dataLeft(): number {
    return this.left;
  }

  /** Bytes of the archive used so far. */
  get offset(): number {
    return this.queue.used;
  }

  /** The next piece of the current file's data. It shares memory with what was pushed. */
  read(): Uint8Array | undefined {
    this.needsInput = false;
    if (this.left === 0) return undefined;
    const piece = this.queue.piece(this.left);
    if (piece.length === 0) return this.starve();
    this.left -= piece.length;
    return piece;
  }

  /** Answers undefined for lack of input; an error if there will be none. */
  protected starve(): undefined {
    if (this.ended) throw new FormatError("eof", "short read");
    this.needsInput = true;
    return undefined;
  }

  /** Passes over the rest of the current file; false when input is lacking. */
  protected passData(): boolean {
    while (this.left > 0 || this.padding > 0) {
      if (this.queue.available === 0) {
        if (this.left > 0 || !this.ended) {
          this.starve();
          return false;
        }
        // A last file without its padding is whole all the same.
        this.padding = 0;
        break;
      }
      const n = Math.min(this.left + this.padding, this.queue.available);
      this.queue.skip(n);
      const data = Math.min(n, this.left);
      this.left -= data;
      this.padding -= n - data;
    }
    return true;
  }
}
