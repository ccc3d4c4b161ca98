// Sorting many lines by several keys: quicksort over numbers that stand for the lines.
//
// Each step of the order (a Level) gives every line a number: a numeric key's value, or six bytes of a text
// key and how many of them there are, which together fit a double exactly. Lines with equal numbers go on
// to the next six bytes, and at the end of the text to the next level. So strings are never made and
// seldom compared.

/** One step of the order. */
export type Level =
  | { readonly kind: "number"; readonly values: Float64Array; readonly reverse: boolean }
  | {
      readonly kind: "bytes";
      readonly text: Uint8Array;
      readonly start: Int32Array;
      readonly end: Int32Array;
      readonly reverse: boolean;
    }
  | { readonly kind: "compare"; compare(a: number, b: number): number; readonly reverse: boolean };

const STEP = 6;
/** Runs up to this long are sorted by insertion. */
const SMALL = 12;

/** Order of two lines by these levels. */
export function compareBy(levels: readonly Level[], a: number, b: number): number {
  for (const level of levels) {
    let order = 0;
    if (level.kind === "number") {
      const [x, y] = [level.values[a] as number, level.values[b] as number];
      order = x < y ? -1 : x > y ? 1 : 0;
    } else if (level.kind === "compare") order = level.compare(a, b);
    else {
      const { text } = level;
      let i = level.start[a] as number;
      let k = level.start[b] as number;
      const iEnd = level.end[a] as number;
      const kEnd = level.end[b] as number;
      while (i < iEnd && k < kEnd && text[i] === text[k]) {
        i++;
        k++;
      }
      if (i < iEnd && k < kEnd) order = (text[i] as number) - (text[k] as number);
      else order = iEnd - i - (kEnd - k);
    }
    if (order !== 0) return level.reverse ? -order : order;
  }
  return 0;
}

/** Sorts line numbers by the levels; what is equal in all of them keeps its order. */
export class Sorter {
  readonly #levels: readonly Level[];
  readonly #order: Int32Array;
  /** The present number of each line of #order. */
  readonly #cache: Float64Array;

  constructor(count: number, levels: readonly Level[]) {
    this.#levels = levels;
    this.#order = new Int32Array(count);
    for (let i = 0; i < count; i++) this.#order[i] = i;
    this.#cache = new Float64Array(count);
  }

  /** The numbers of the lines in order. */
  sort(): Int32Array {
    this.#level(0, this.#order.length, 0);
    return this.#order;
  }

  #level(low: number, high: number, index: number): void {
    if (high - low < 2) return;
    const level = this.#levels[index];
    if (level === undefined) {
      this.#order.subarray(low, high).sort();
    } else if (level.kind === "bytes") this.#bytes(low, high, index, 0);
    else if (level.kind === "number") {
      for (let i = low; i < high; i++) {
        const v = level.values[this.#order[i] as number] as number;
        this.#cache[i] = level.reverse ? -v : v;
      }
      this.#quick(low, high);
      this.#runs(low, high, (from, to) => this.#level(from, to, index + 1));
    } else this.#compared(low, high, index, level);
  }

  #compared(low: number, high: number, index: number, level: Level & { kind: "compare" }): void {
    const part = Array.from(this.#order.subarray(low, high));
    part.sort((a, b) => (level.reverse ? level.compare(b, a) : level.compare(a, b)));
    this.#order.set(part, low);
    let from = 0;
    for (let i = 1; i <= part.length; i++) {
      if (i < part.length && level.compare(part[from] as number, part[i] as number) === 0) continue;
      this.#level(low + from, low + i, index + 1);
      from = i;
    }
  }

  /** Lines equal in the first `depth` bytes of their text. */
  #bytes(low: number, high: number, index: number, depth: number): void {
    // Equal beginnings of any length go round this loop, not deeper into the stack.
    for (;;) {
      const level = this.#levels[index] as Level & { kind: "bytes" };
      const { text, start, end, reverse } = level;
      const order = this.#order;
      const cache = this.#cache;
      for (let i = low; i < high; i++) {
        const line = order[i] as number;
        const at = (start[line] as number) + depth;
        const left = (end[line] as number) - at;
        let v: number;
        if (left >= STEP) {
          const top =
            ((text[at] as number) << 16) |
            ((text[at + 1] as number) << 8) |
            (text[at + 2] as number);
          const rest =
            ((text[at + 3] as number) << 16) |
            ((text[at + 4] as number) << 8) |
            (text[at + 5] as number);
          v = (top * 0x1000000 + rest) * 8 + STEP;
        } else {
          v = 0;
          for (let k = 0; k < STEP; k++) v = v * 256 + (k < left ? (text[at + k] as number) : 0);
          v = v * 8 + Math.max(left, 0);
        }
        cache[i] = reverse ? -v : v;
      }
      const first = cache[low] as number;
      let same = low + 1;
      while (same < high && cache[same] === first) same++;
      if (same === high) {
        if (!goesOn(first)) {
          this.#level(low, high, index + 1);
          return;
        }
        depth += STEP;
        continue;
      }
      this.#quick(low, high);
      const deeper = depth + STEP;
      this.#runs(low, high, (from, to) => {
        if (goesOn(cache[from] as number)) this.#bytes(from, to, index, deeper);
        else this.#level(from, to, index + 1);
      });
      return;
    }
  }

  /** Calls `each` for every run of two or more equal numbers. */
  #runs(low: number, high: number, each: (from: number, to: number) => void): void {
    const cache = this.#cache;
    for (let from = low; from < high; ) {
      const v = cache[from] as number;
      let to = from + 1;
      while (to < high && cache[to] === v) to++;
      if (to - from > 1) each(from, to);
      from = to;
    }
  }

  /** Sorts by the numbers alone: quicksort in three parts, with a stack of its own. */
  #quick(lowest: number, highest: number): void {
    const a = this.#cache;
    const order = this.#order;
    const stack = [lowest, highest];
    while (stack.length > 0) {
      const high = stack.pop() as number;
      const low = stack.pop() as number;
      if (high - low <= SMALL) {
        for (let i = low + 1; i < high; i++) {
          const v = a[i] as number;
          const line = order[i] as number;
          let k = i - 1;
          for (; k >= low && (a[k] as number) > v; k--) {
            a[k + 1] = a[k] as number;
            order[k + 1] = order[k] as number;
          }
          a[k + 1] = v;
          order[k + 1] = line;
        }
        continue;
      }
      const pivot = this.#pivot(low, high);
      let lt = low;
      let gt = high;
      for (let i = low; i < gt; ) {
        const v = a[i] as number;
        if (v === pivot) {
          i++;
          continue;
        }
        const to = v < pivot ? lt++ : --gt;
        const line = order[i] as number;
        a[i] = a[to] as number;
        order[i] = order[to] as number;
        a[to] = v;
        order[to] = line;
        if (v < pivot) i++;
      }
      // The bigger part waits, so that the stack stays short.
      if (lt - low > high - gt) stack.push(low, lt, gt, high);
      else stack.push(gt, high, low, lt);
    }
  }

  /** Median of three, of nine where there are many. */
  #pivot(low: number, high: number): number {
    const a = this.#cache;
    const median = (x: number, y: number, z: number): number =>
      Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));
    const at = (i: number): number => a[i] as number;
    const mid = (low + high) >>> 1;
    if (high - low < 200) return median(at(low), at(mid), at(high - 1));
    const s = (high - low) >> 3;
    return median(
      median(at(low), at(low + s), at(low + 2 * s)),
      median(at(mid - s), at(mid), at(mid + s)),
      median(at(high - 1 - 2 * s), at(high - 1 - s), at(high - 1)),
    );
  }
}

/** Does the text go on behind the six bytes of this number? */
function goesOn(v: number): boolean {
  return Math.abs(v) % 8 === STEP;
}
