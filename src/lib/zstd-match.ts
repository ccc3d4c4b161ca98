// The search for repetitions for Zstandard: two ways, a fast one that looks at one or two earlier places, and one that
// follows chains of them and waits for better matches.
import type { Sequences } from "./zstd-sequence-encoder.ts";

/** How hard a level tries. Sizes are powers of two. */
export interface Effort {
  readonly windowLog: number;
  readonly hashLog: number;
  /** Of the chains; for the fast search of the table for long matches, or 0 for none. */
  readonly chainLog: number;
  /** Places looked at; 0 for the fast search. */
  readonly depth: number;
  /** For how many more bytes to wait for a better match. */
  readonly lazy: number;
}

/** The text: `buf[0..)` and some zeros after it. A place is an offset in it plus `base`, from 1 on. */
export interface Text {
  readonly buf: Uint8Array;
  readonly view: DataView;
  readonly base: number;
}

/** A search with its memory of earlier text. */
export interface Matcher {
  /** Finds the sequences of the block `buf[from..end)`. */
  block(text: Text, from: number, end: number, out: Sequences): void;
  /** Forgets everything. */
  forget(): void;
}

/** No match begins so near to the end of a block. */
const TAIL = 8;
const PRIME = 0x9e3779b1;
const OTHER_PRIME = 0x85ebca77;
/** Where nothing matches the fast search takes longer and longer steps. */
const PATIENCE_LOG = 6;

/** Takes what it finds at once. */
export class FastMatcher implements Matcher {
  readonly #window: number;
  readonly #short: Int32Array;
  readonly #shortShift: number;
  readonly #long: Int32Array;
  readonly #longShift: number;

  constructor({ windowLog, hashLog, chainLog }: Effort) {
    this.#window = 1 << windowLog;
    this.#short = new Int32Array(1 << hashLog);
    this.#shortShift = 32 - hashLog;
    this.#long = new Int32Array(chainLog > 0 ? 1 << chainLog : 0);
    this.#longShift = 32 - chainLog;
  }

  forget(): void {
    this.#short.fill(0);
    this.#long.fill(0);
  }

  block({ buf, view, base }: Text, from: number, end: number, out: Sequences): void {
    const short = this.#short;
    const shortShift = this.#shortShift;
    const long = this.#long;
    const longShift = this.#longShift;
    const both = long.length > 0;
    const stop = end - TAIL;
    const { recent } = out;
    let anchor = from;
    let pos = from;
    while (pos < stop) {
      const low = Math.max(0, pos - this.#window);
      const here = view.getInt32(pos, true);
      const h = both
        ? hash5(here, buf[pos + 4] as number, shortShift)
        : hash6(view, pos, shortShift);
      let at = (short[h] as number) - base;
      short[h] = pos + base;
      let length = 0;
      let start = pos;
      let offset = recent[0] as number;
      let far = -1;
      if (both) {
        const l = hash8(view, pos, longShift);
        far = (long[l] as number) - base;
        long[l] = pos + base;
      }
      if (
        pos + 1 - offset >= low &&
        view.getInt32(pos + 1, true) === view.getInt32(pos + 1 - offset, true)
      ) {
        start = pos + 1;
        length = matchLength(buf, view, start - offset, start, end);
      } else if (
        far >= low &&
        view.getInt32(far, true) === here &&
        view.getInt32(far + 4, true) === view.getInt32(pos + 4, true)
      ) {
        length = matchLength(buf, view, far, pos, end);
        offset = pos - far;
      } else if (at >= low && view.getInt32(at, true) === here) {
        if (both) {
          // A long match at the next byte is better than a short one here.
          const l = hash8(view, pos + 1, longShift);
          const next = (long[l] as number) - base;
          long[l] = pos + 1 + base;
          if (
            next > low &&
            view.getInt32(next, true) === view.getInt32(pos + 1, true) &&
            view.getInt32(next + 4, true) === view.getInt32(pos + 5, true)
          ) {
            start = pos + 1;
            at = next;
          }
        }
        length = matchLength(buf, view, at, start, end);
        offset = start - at;
      }
      if (length === 0) {
        pos += 1 + ((pos - anchor) >> PATIENCE_LOG);
        continue;
      }
      while (start > anchor && start - offset > low && buf[start - 1] === buf[start - offset - 1]) {
        start--;
        length++;
      }
      out.add(buf, anchor, start, length, offset);
      anchor = start + length;
      if (anchor < stop) {
        this.#remember(view, pos + 2, base);
        this.#remember(view, anchor - 2, base);
      }
      pos = anchor;
      // What was used before that often comes again at once.
      while (pos < stop) {
        const second = recent[1] as number;
        const at = pos - second;
        if (at < Math.max(0, pos - this.#window)) break;
        if (view.getInt32(pos, true) !== view.getInt32(at, true)) break;
        length = matchLength(buf, view, at, pos, end);
        out.add(buf, pos, pos, length, second);
        pos += length;
        anchor = pos;
      }
    }
    out.rest(buf, anchor, end);
  }

  #remember(view: DataView, at: number, base: number): void {
    const word = view.getInt32(at, true);
    if (this.#long.length > 0) {
      this.#short[hash5(word, view.getUint8(at + 4), this.#shortShift)] = at + base;
      this.#long[hash8(view, at, this.#longShift)] = at + base;
    } else this.#short[hash6(view, at, this.#shortShift)] = at + base;
  }
}

/** Follows chains of places with the same four bytes, and takes a match only if the next bytes begin no better one. */
export class ChainMatcher implements Matcher {
  readonly #window: number;
  readonly #depth: number;
  readonly #lazy: number;
  readonly #head: Int32Array;
  readonly #shift: number;
  readonly #chain: Int32Array;
  /** The first place that is in no chain. */
  #next = 0;
  #offset = 0;

  constructor({ windowLog, hashLog, chainLog, depth, lazy }: Effort) {
    this.#window = 1 << windowLog;
    this.#depth = depth;
    this.#lazy = lazy;
    this.#head = new Int32Array(1 << hashLog);
    this.#shift = 32 - hashLog;
    this.#chain = new Int32Array(1 << chainLog);
  }

  forget(): void {
    this.#head.fill(0);
    this.#next = 0;
  }

  block(text: Text, from: number, end: number, out: Sequences): void {
    const { buf, base } = text;
    const stop = end - TAIL;
    const { recent } = out;
    // Runs have not been searched.
    this.#next = Math.max(this.#next, base, from + base - TAIL);
    let anchor = from;
    let pos = from;
    while (pos < stop) {
      let start = pos + 1;
      let offset = recent[0] as number;
      let length = this.#again(text, start, offset, end);
      let found = this.#longest(text, pos, end, Math.max(3, length));
      if (found > length) {
        length = found;
        start = pos;
        offset = this.#offset;
      }
      if (length < 4) {
        pos += 1 + ((pos - anchor) >> 8);
        continue;
      }
      for (let wait = this.#lazy; wait > 0 && pos + 1 < stop; ) {
        pos++;
        const cost = 32 - Math.clz32(offset);
        const known = recent[0] as number;
        const repeated = this.#again(text, pos, known, end);
        if (repeated >= 4 && start !== pos && repeated * 3 > length * 3 - cost + 1) {
          length = repeated;
          start = pos;
          offset = known;
        }
        // One that is a bit shorter may be nearer by so much that it is cheaper.
        found = this.#longest(text, pos, end, Math.max(3, length - 5));
        const gain = 4 * found - (32 - Math.clz32(this.#offset));
        const patience = wait === this.#lazy ? 4 : 7;
        if (found >= 4 && gain > 4 * length - (32 - Math.clz32(offset)) + patience) {
          length = found;
          start = pos;
          offset = this.#offset;
          wait = this.#lazy;
        } else wait--;
      }
      const low = Math.max(0, start - this.#window);
      while (start > anchor && start - offset > low && buf[start - 1] === buf[start - offset - 1]) {
        start--;
        length++;
      }
      out.add(buf, anchor, start, length, offset);
      pos = anchor = start + length;
      while (pos < stop) {
        const second = recent[1] as number;
        length = this.#again(text, pos, second, end);
        if (length < 4) break;
        out.add(buf, pos, pos, length, second);
        pos = anchor = pos + length;
      }
    }
    out.rest(buf, anchor, end);
    this.#insert(text, stop);
  }

  /** How much of the text at `pos` is that `offset` bytes before; 0 if less than four bytes are. */
  #again({ buf, view }: Text, pos: number, offset: number, end: number): number {
    const at = pos - offset;
    if (
      at < Math.max(0, pos - this.#window) ||
      view.getInt32(at, true) !== view.getInt32(pos, true)
    )
      return 0;
    return matchLength(buf, view, at, pos, end);
  }

  #insert({ view, base }: Text, end: number): void {
    const head = this.#head;
    const chain = this.#chain;
    const mask = chain.length - 1;
    const shift = this.#shift;
    let place = this.#next;
    for (; place < end + base; place++) {
      const h = Math.imul(view.getInt32(place - base, true), PRIME) >>> shift;
      chain[place & mask] = head[h] as number;
      head[h] = place;
    }
    this.#next = place;
  }

  /** The longest match for the text at `pos` that is longer than `best`, or 0; its offset is left in #offset. */
  #longest(text: Text, pos: number, end: number, best: number): number {
    const { buf, view, base } = text;
    this.#insert(text, pos);
    const chain = this.#chain;
    const mask = chain.length - 1;
    const here = view.getInt32(pos, true);
    let place = this.#head[Math.imul(here, PRIME) >>> this.#shift] as number;
    const low = Math.max(base, pos + base - this.#window, pos + base - mask);
    let length = 0;
    for (let tries = this.#depth; tries > 0 && place >= low; tries--) {
      const at = place - base;
      // Most places do not reach past the best.
      if (view.getInt32(at + best - 3, true) === view.getInt32(pos + best - 3, true)) {
        const n = view.getInt32(at, true) === here ? matchLength(buf, view, at, pos, end) : 0;
        if (n > best) {
          length = best = n;
          this.#offset = pos - at;
          if (pos + n >= end) break;
        }
      }
      place = chain[place & mask] as number;
    }
    return length;
  }
}

/** How far the texts at `at` and `pos`, whose first four bytes are the same, agree. */
function matchLength(
  buf: Uint8Array,
  view: DataView,
  at: number,
  pos: number,
  end: number,
): number {
  let i = pos + 4;
  const by = pos - at;
  for (const last = end - 3; i < last; i += 4) {
    const differing = view.getInt32(i, true) ^ view.getInt32(i - by, true);
    if (differing !== 0) return i - pos + ((31 - Math.clz32(differing & -differing)) >> 3);
  }
  while (i < end && buf[i] === buf[i - by]) i++;
  return i - pos;
}

function hash5(four: number, fifth: number, shift: number): number {
  return (Math.imul(four, PRIME) ^ Math.imul(fifth, OTHER_PRIME)) >>> shift;
}

function hash6(view: DataView, at: number, shift: number): number {
  const word = Math.imul(view.getInt32(at, true), PRIME);
  return (word ^ Math.imul(view.getInt32(at + 2, true), OTHER_PRIME)) >>> shift;
}

function hash8(view: DataView, at: number, shift: number): number {
  const word = Math.imul(view.getInt32(at, true), PRIME);
  return (word ^ Math.imul(view.getInt32(at + 4, true), OTHER_PRIME)) >>> shift;
}
