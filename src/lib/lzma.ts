// LZMA: the decoder that .lzma and .xz share (after the specification in the LZMA SDK), and the .lzma format.
import { StepDecoder } from "./decoder.ts";
import { FormatError, unexpectedEof } from "./format-error.ts";

// Where each set of probabilities lies.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + 192;
const IS_REP0 = IS_REP + 12;
const IS_REP1 = IS_REP0 + 12;
const IS_REP2 = IS_REP1 + 12;
const IS_REP0_LONG = IS_REP2 + 12;
const SLOT = IS_REP0_LONG + 192;
const SPECIAL = SLOT + 256;
const ALIGN = SPECIAL + 128;
const LENGTH = ALIGN + 16;
const REP_LENGTH = LENGTH + 514;
const LITERAL = REP_LENGTH + 514;
const LENGTH_LOW = 2;
const LENGTH_MID = 130;
const LENGTH_HIGH = 258;

/** More input than a symbol can take. */
const SYMBOL_INPUT = 24;
const FIRST_DICTIONARY = 1 << 16;
/** Larger dictionaries than the greatest preset of xz are not served. */
const DICTIONARY_MAX = 1 << 27;
/** Output is handed out in pieces of about this size. */
const PIECE = 1 << 16;

/**
 * The state of one LZMA stream (66 MB/s on Node 20 on source text; xz(1) 86): dictionary, probabilities and range decoder. The dictionary is a ring that grows with
 * the output up to the size asked for, so that a header cannot claim memory.
 */
export class LzmaState {
  #dictionary: Uint8Array = new Uint8Array(FIRST_DICTIONARY);
  readonly #dictionarySize: number;
  /** Next byte in the ring, and where output that has not been taken begins. */
  #at = 0;
  #from = 0;
  #probs: Uint16Array = new Uint16Array(0);
  #lc = 0;
  #lpMask = 0;
  #pbMask = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  /** What is left of a match that did not fit. */
  #pending = 0;
  #range = -1;
  #code = 0;
  #buf: Uint8Array = this.#dictionary;
  #pos = 0;
  /** Bytes put out since the last reset of the dictionary: what a distance may reach. */
  #count = 0;
  /** Has the marker for the end been read? */
  ended = false;

  constructor(dictionarySize: number) {
    if (dictionarySize > DICTIONARY_MAX) throw new FormatError("unsupported", "dictionary too big");
    this.#dictionarySize = Math.max(dictionarySize, 4096);
  }

  /** Takes the byte of properties; false if it is impossible. */
  setProperties(byte: number): boolean {
    if (byte >= 225) return false;
    this.#lc = byte % 9;
    const lp = Math.floor(byte / 9) % 5;
    this.#lpMask = (1 << lp) - 1;
    this.#pbMask = (1 << Math.floor(byte / 45)) - 1;
    const size = LITERAL + (0x300 << (this.#lc + lp));
    if (this.#probs.length < size) this.#probs = new Uint16Array(size);
    return true;
  }

  /** `lc + lp`, which .xz limits to 4. */
  get literalBits(): number {
    return this.#lc + (this.#lpMask === 0 ? 0 : 32 - Math.clz32(this.#lpMask));
  }

  resetDictionary(): void {
    this.#count = 0;
  }

  resetState(): void {
    this.#probs.fill(1024);
    this.#state = this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
    this.#pending = 0;
  }

  /** Begins range-coded data with the five bytes at `pos`; false if they are impossible. */
  startRange(buf: Uint8Array, pos: number): boolean {
    this.#range = -1;
    this.#code = 0;
    for (let i = 1; i < 5; i++) this.#code = (this.#code << 8) | (buf[pos + i] as number);
    return buf[pos] === 0;
  }

  /** Is the range decoder where the encoder's flush leaves it? */
  get finished(): boolean {
    return this.#code === 0 && this.#pending === 0;
  }

  /** Takes the output that has gathered. */
  take(): Uint8Array {
    const out = this.#dictionary.slice(this.#from, this.#at);
    if (this.#at === this.#dictionarySize) this.#at = 0;
    this.#from = this.#at;
    return out;
  }

  /** Copies bytes as they are into the dictionary; answers how many found room before `take` is due. */
  copy(bytes: Uint8Array): number {
    const n = Math.min(bytes.length, this.#room(bytes.length));
    this.#dictionary.set(bytes.subarray(0, n), this.#at);
    this.#at += n;
    this.#count += n;
    return n;
  }

  /** How much may be put out before `take` is due, `most` at most; the dictionary grows as needed. */
  #room(most: number): number {
    const old = this.#dictionary;
    if (this.#at === old.length && old.length < this.#dictionarySize) {
      this.#dictionary = new Uint8Array(Math.min(2 * old.length, this.#dictionarySize));
      this.#dictionary.set(old);
    }
    const size = Math.min(this.#dictionary.length, this.#dictionarySize);
    return Math.min(most, size - this.#at, PIECE - (this.#at - this.#from));
  }

  /**
   * Decodes from `buf[pos...]` until `most` bytes are out, the output wants taking, the end marker is met, or the
   * input has reached `stop`: no symbol is begun there, though the last may have gone past it. Answers the new
   * position; how much came out is told by {@link produced}.
   */
  decode(buf: Uint8Array, pos: number, stop: number, most: number): number {
    this.#buf = buf;
    this.#pos = pos;
    const begin = this.#at;
    const limit = begin + this.#room(most);
    this.#repeat(limit);
    while (this.#at < limit && this.#pos < stop && !this.ended) this.#symbols(limit, stop);
    this.produced = this.#at - begin;
    return this.#pos;
  }

  /** Bytes put out by the last `decode`. */
  produced = 0;

  /** Shifts in a byte if the range has become small. */
  normalize(buf: Uint8Array, pos: number): number {
    if (this.#range >>> 24 !== 0) return pos;
    this.#range <<= 8;
    this.#code = (this.#code << 8) | (buf[pos] as number);
    return pos + 1;
  }

  /** Copies what is left of a match, as far as the limit. */
  #repeat(limit: number): void {
    if (this.#pending === 0) return;
    const d = this.#dictionary;
    const size = this.#dictionarySize;
    let at = this.#at;
    let n = Math.min(this.#pending, limit - at);
    this.#pending -= n;
    this.#at += n;
    this.#count += n;
    let from = at - this.#rep0 - 1;
    if (from < 0) from += size;
    if (n > 48 && from + n <= size && (from + n <= at || from >= at)) {
      d.copyWithin(at, from, from + n);
      return;
    }
    for (; n > 0; n--) {
      d[at++] = d[from++] as number;
      if (from === size) from = 0;
    }
  }

  #bit(i: number): number {
    const probs = this.#probs;
    let range = this.#range;
    if (range >>> 24 === 0) {
      range <<= 8;
      this.#code = (this.#code << 8) | (this.#buf[this.#pos++] as number);
    }
    const p = probs[i] as number;
    const bound = Math.imul(range >>> 11, p);
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
      probs[i] = p + ((2048 - p) >> 5);
      return 0;
    }
    this.#range = (range - bound) | 0;
    this.#code = (this.#code - bound) | 0;
    probs[i] = p - (p >> 5);
    return 1;
  }

  /** A tree of `bits` bits at `base`. */
  #tree(base: number, bits: number): number {
    let m = 1;
    for (let i = 0; i < bits; i++) m = (m << 1) | this.#bit(base + m);
    return m - (1 << bits);
  }

  #reverseTree(base: number, bits: number): number {
    let m = 1;
    let out = 0;
    for (let i = 0; i < bits; i++) {
      const b = this.#bit(base + m);
      m = (m << 1) | b;
      out |= b << i;
    }
    return out;
  }

  #direct(bits: number): number {
    let out = 0;
    for (let i = 0; i < bits; i++) {
      if (this.#range >>> 24 === 0) {
        this.#range <<= 8;
        this.#code = (this.#code << 8) | (this.#buf[this.#pos++] as number);
      }
      this.#range >>>= 1;
      const b = this.#code >>> 0 >= this.#range >>> 0 ? 1 : 0;
      if (b === 1) this.#code = (this.#code - this.#range) | 0;
      out = (out << 1) | b;
    }
    return out;
  }

  #length(base: number, posState: number): number {
    if (this.#bit(base) === 0) return 2 + this.#tree(base + LENGTH_LOW + (posState << 3), 3);
    if (this.#bit(base + 1) === 0) return 10 + this.#tree(base + LENGTH_MID + (posState << 3), 3);
    return 18 + this.#tree(base + LENGTH_HIGH, 8);
  }

  /** Literals, of which there are most, are decoded here with everything in local variables; then one match. */
  #symbols(limit: number, stop: number): void {
    const probs = this.#probs;
    const buf = this.#buf;
    const d = this.#dictionary;
    const size = this.#dictionarySize;
    const start = this.#at;
    const count = this.#count;
    let at = start;
    let pos = this.#pos;
    let range = this.#range;
    let code = this.#code;
    let state = this.#state;
    let isMatch = false;
    let posState = 0;
    while (at < limit && pos < stop) {
      const n = count + at - start;
      posState = n & this.#pbMask;
      let i = IS_MATCH + (state << 4) + posState;
      if (range >>> 24 === 0) {
        range <<= 8;
        code = (code << 8) | (buf[pos++] as number);
      }
      let p = probs[i] as number;
      let bound = Math.imul(range >>> 11, p);
      if (code >>> 0 >= bound >>> 0) {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probs[i] = p - (p >> 5);
        isMatch = true;
        break;
      }
      range = bound;
      probs[i] = p + ((2048 - p) >> 5);
      const before = n === 0 ? 0 : (d[at > 0 ? at - 1 : size - 1] as number);
      const base =
        LITERAL + 0x300 * (((n & this.#lpMask) << this.#lc) + (before >> (8 - this.#lc)));
      let m = 1;
      if (state >= 7) {
        // After a match the byte that would have continued it tells something.
        let from = at - this.#rep0 - 1;
        if (from < 0) from += size;
        let hint = d[from] as number;
        do {
          hint <<= 1;
          const hintBit = hint & 0x100;
          i = base + 0x100 + hintBit + m;
          if (range >>> 24 === 0) {
            range <<= 8;
            code = (code << 8) | (buf[pos++] as number);
          }
          p = probs[i] as number;
          bound = Math.imul(range >>> 11, p);
          if (code >>> 0 < bound >>> 0) {
            range = bound;
            probs[i] = p + ((2048 - p) >> 5);
            m <<= 1;
            if (hintBit !== 0) break;
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[i] = p - (p >> 5);
            m = (m << 1) | 1;
            if (hintBit === 0) break;
          }
        } while (m < 0x100);
      }
      while (m < 0x100) {
        i = base + m;
        if (range >>> 24 === 0) {
          range <<= 8;
          code = (code << 8) | (buf[pos++] as number);
        }
        p = probs[i] as number;
        bound = Math.imul(range >>> 11, p);
        if (code >>> 0 < bound >>> 0) {
          range = bound;
          probs[i] = p + ((2048 - p) >> 5);
          m <<= 1;
        } else {
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[i] = p - (p >> 5);
          m = (m << 1) | 1;
        }
      }
      d[at++] = m;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    }
    this.#at = at;
    this.#pos = pos;
    this.#range = range;
    this.#code = code;
    this.#state = state;
    this.#count = count + at - start;
    if (!isMatch) return;
    this.#pending = this.#match(posState);
    if (this.ended) return;
    if (this.#rep0 >>> 0 >= Math.min(this.#count, size)) throw corrupted();
    this.#repeat(limit);
  }

  /** What follows the bit that says "match": sets the distance, answers the length. */
  #match(posState: number): number {
    const state = this.#state;
    if (this.#bit(IS_REP + state) === 0) {
      this.#rep3 = this.#rep2;
      this.#rep2 = this.#rep1;
      this.#rep1 = this.#rep0;
      const length = this.#length(LENGTH, posState);
      this.#state = state < 7 ? 7 : 10;
      const slot = this.#tree(SLOT + (Math.min(length - 2, 3) << 6), 6);
      if (slot < 4) {
        this.#rep0 = slot;
        return length;
      }
      const bits = (slot >> 1) - 1;
      const base = (2 | (slot & 1)) << bits;
      if (slot < 14) {
        this.#rep0 = base + this.#reverseTree(SPECIAL + base - slot, bits);
        return length;
      }
      const high = this.#direct(bits - 4) << 4;
      this.#rep0 = (base + high + this.#reverseTree(ALIGN, 4)) | 0;
      if (this.#rep0 !== -1) return length;
      this.ended = true;
      return 0;
    }
    if (this.#bit(IS_REP0 + state) === 0) {
      if (this.#bit(IS_REP0_LONG + (state << 4) + posState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      let distance = this.#rep1;
      if (this.#bit(IS_REP1 + state) === 1) {
        distance = this.#rep2;
        if (this.#bit(IS_REP2 + state) === 1) {
          distance = this.#rep3;
          this.#rep3 = this.#rep2;
        }
        this.#rep2 = this.#rep1;
      }
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#length(REP_LENGTH, posState);
  }
}

function corrupted(): FormatError {
  return new FormatError("data", "corrupted data");
}

/** Decoder for .lzma files (LZMA_Alone): one stream; what follows it is left over. */
export class Unlzma extends StepDecoder {
  protected *run(): Generator<Uint8Array | undefined, void, void> {
    const { input } = this;
    yield* this.want(13);
    if (input.end - input.pos < 13) throw new FormatError("magic", "bad lzma header");
    const view = new DataView(input.buf.buffer, input.pos, 13);
    const dictionarySize = view.getUint32(1, true);
    const low = view.getUint32(5, true);
    const high = view.getUint32(9, true);
    const unknown = low === 0xffffffff && high === 0xffffffff;
    const lzma = new LzmaState(dictionarySize);
    if (!lzma.setProperties(view.getUint8(0))) throw new FormatError("magic", "bad lzma header");
    lzma.resetState();
    input.pos += 13;
    yield* this.need(5);
    if (!lzma.startRange(input.buf, input.pos)) throw corrupted();
    input.pos += 5;
    let left = unknown ? Infinity : high * 0x100000000 + low;
    while (left > 0 && !lzma.ended) {
      yield* this.want(2 * SYMBOL_INPUT);
      const { end } = input;
      const stop = end - input.pos < 2 * SYMBOL_INPUT ? end + 1 : end - SYMBOL_INPUT;
      input.pos = lzma.decode(input.buf, input.pos, stop, left);
      if (input.pos > end) throw unexpectedEof();
      left -= lzma.produced;
      const out = lzma.take();
      if (out.length > 0) yield out;
    }
    if (lzma.ended && !unknown && left > 0) throw corrupted();
    input.pos = lzma.normalize(input.buf, input.pos);
    if (input.pos > input.end) throw unexpectedEof();
  }
}
