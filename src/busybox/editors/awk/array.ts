// Associative arrays, walked in the order of BusyBox's: by hash, and newest first where hashes collide.
import { Cell } from "./value.ts";

/** How many chains there are; an array grows when there are eight elements a chain. */
const SIZES: readonly number[] = [61, 251, 1021, 4093, 16381, 65521];
const LOAD = 8;

function hash(key: string): number {
  let h = 0;
  for (let i = 0; i < key.length; i++) h = (Math.imul(h, 63) + key.charCodeAt(i)) | 0;
  return h >>> 0;
}

export class AwkArray {
  #cells = new Map<string, Cell>();
  #level = 0;
  #limit = 61 * LOAD;

  get size(): number {
    return this.#cells.size;
  }

  has(key: string): boolean {
    return this.#cells.has(key);
  }

  /** The element, which is made if there is none. */
  cell(key: string): Cell {
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      if (this.#cells.size >= this.#limit) this.#grow();
      cell = new Cell(undefined);
      this.#cells.set(key, cell);
    }
    return cell;
  }

  delete(key: string): void {
    this.#cells.delete(key);
  }

  clear(): void {
    if (this.#cells.size > 0) this.#cells = new Map();
    this.#level = 0;
    this.#limit = 61 * LOAD;
  }

  /** The keys as `for (k in a)` sees them. */
  keys(): string[] {
    const size = SIZES[this.#level] as number;
    const names = [...this.#cells.keys()];
    const chain = names.map((name) => hash(name) % size);
    // A counting sort: the newest come first within a chain.
    const starts = new Int32Array(size + 1);
    for (const c of chain) starts[c + 1] = (starts[c + 1] as number) + 1;
    for (let c = 0; c < size; c++)
      starts[c + 1] = (starts[c + 1] as number) + (starts[c] as number);
    const out = new Array<string>(names.length);
    for (let i = names.length - 1; i >= 0; i--) {
      const c = chain[i] as number;
      const at = starts[c] as number;
      out[at] = names[i] as string;
      starts[c] = at + 1;
    }
    return out;
  }

  /** More chains. They are filled in the order of the old ones, so that what was first becomes last. */
  #grow(): void {
    if (this.#level + 1 >= SIZES.length) {
      this.#limit = Number.POSITIVE_INFINITY;
      return;
    }
    // Insertion order stands for age: in the order of walking, the first is now the oldest.
    const walked = this.keys();
    const old = this.#cells;
    this.#cells = new Map(walked.map((key) => [key, old.get(key) as Cell]));
    this.#level++;
    this.#limit = (SIZES[this.#level] as number) * LOAD;
  }
}
