// Decoder for .xz files ("The .xz File Format", version 1.1.0), with the filters LZMA2, delta and x86.
import { Crc64, crc32 } from "./crc.ts";
import { StepDecoder } from "./decoder.ts";
import { FormatError, invalidMagic } from "./format-error.ts";
import { LzmaState } from "./lzma.ts";
import { Sha256 } from "./sha256.ts";
import { DeltaFilter, X86Filter, type XzFilter } from "./xz-filter.ts";

type Steps<T> = Generator<Uint8Array | undefined, T, void>;

const FILTER_DELTA = 0x03;
const FILTER_X86 = 0x04;
const FILTER_LZMA2 = 0x21;

/** Collects the check of a block; the kind is the number in the stream's flags. */
interface Check {
  readonly size: number;
  update(b: Uint8Array): void;
  digest(): Uint8Array;
}

/** Decoder for .xz: any number of streams, with padding between and after them. */
export class Unxz extends StepDecoder {
  protected *run(): Steps<void> {
    const { input } = this;
    for (let streams = 0; ; streams++) {
      for (;;) {
        // Padding between streams is whole words of zeros.
        yield* this.want(4);
        if (streams === 0 || !this.#zeros(4)) break;
        input.pos += 4;
      }
      if (streams > 0 && input.pos === input.end) return;
      yield* this.#stream();
    }
  }

  #zeros(n: number): boolean {
    const { buf, pos, end } = this.input;
    if (end - pos < n) return false;
    for (let i = 0; i < n; i++) if (buf[pos + i] !== 0) return false;
    return true;
  }

  #u32(at: number): number {
    const { buf, pos } = this.input;
    return new DataView(buf.buffer, pos + at, 4).getUint32(0, true);
  }

  #crc(from: number, length: number): number {
    const { buf, pos } = this.input;
    return crc32(buf, 0, pos + from, pos + from + length);
  }

  *#stream(): Steps<void> {
    const { input } = this;
    yield* this.want(12);
    const magic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
    for (const [i, byte] of magic.entries()) {
      if (input.pos + i >= input.end) break;
      if (input.buf[input.pos + i] !== byte) throw invalidMagic();
    }
    yield* this.need(12);
    const flags =
      (input.buf[input.pos + 7] as number) | ((input.buf[input.pos + 6] as number) << 8);
    if (this.#crc(6, 2) !== this.#u32(8)) throw new FormatError("checksum", "crc error");
    if (flags > 15) throw new FormatError("unsupported", "unsupported stream flags");
    input.pos += 12;

    // The index repeats the sizes of all blocks. Two sums of both lists say whether it is right.
    let blocks = 0;
    let sizes = 0;
    for (;;) {
      yield* this.need(1);
      if (input.buf[input.pos] === 0) break;
      const [unpadded, unpacked] = yield* this.#block(flags);
      blocks++;
      sizes = sumUp(sizes, unpadded, unpacked);
    }
    const indexStart = input.offset;
    const index = new Sums();
    yield* this.#byte(index);
    const count = yield* this.#number(index);
    if (count !== blocks) throw corrupted();
    let listed = 0;
    for (let i = 0; i < count; i++) {
      const unpadded = yield* this.#number(index);
      listed = sumUp(listed, unpadded, yield* this.#number(index));
    }
    if (listed !== sizes) throw corrupted();
    while ((input.offset - indexStart) % 4 !== 0)
      if ((yield* this.#byte(index)) !== 0) throw corrupted();
    yield* this.need(16);
    if (this.#u32(0) !== index.crc) throw new FormatError("checksum", "crc error");
    input.pos += 4;
    const indexSize = input.offset - indexStart;
    const { buf, pos } = input;
    if (buf[pos + 10] !== 0x59 || buf[pos + 11] !== 0x5a) throw corrupted();
    if (this.#u32(0) !== this.#crc(4, 6)) throw new FormatError("checksum", "crc error");
    const footerFlags = (buf[pos + 9] as number) | ((buf[pos + 8] as number) << 8);
    if (footerFlags !== flags || (this.#u32(4) + 1) * 4 !== indexSize) throw corrupted();
    input.pos += 12;
  }

  *#byte(sums?: Sums): Steps<number> {
    const { input } = this;
    if (input.pos === input.end) yield* this.need(1);
    const byte = input.buf[input.pos++] as number;
    sums?.add(byte);
    return byte;
  }

  /** A number in groups of seven bits, lowest first. */
  *#number(sums?: Sums): Steps<number> {
    let n = 0;
    let scale = 1;
    for (let i = 0; i < 9; i++) {
      const byte = yield* this.#byte(sums);
      n += (byte & 127) * scale;
      scale *= 128;
      if (byte & 128) continue;
      if ((byte === 0 && i > 0) || !Number.isSafeInteger(n)) throw corrupted();
      return n;
    }
    throw corrupted();
  }

  /** Answers the size of the block without its padding, and that of its output. */
  *#block(checkKind: number): Steps<[number, number]> {
    const { input } = this;
    const start = input.offset;
    const headerSize = ((input.buf[input.pos] as number) + 1) * 4;
    yield* this.need(headerSize);
    if (this.#crc(0, headerSize - 4) !== this.#u32(headerSize - 4))
      throw new FormatError("checksum", "crc error");
    const headerEnd = start + headerSize;
    const flags = input.buf[input.pos + 1] as number;
    if (flags & 0x3c) throw new FormatError("unsupported", "unsupported block flags");
    input.pos += 2;
    const packedSize = flags & 0x40 ? yield* this.#number() : -1;
    const unpackedSize = flags & 0x80 ? yield* this.#number() : -1;
    const filters: XzFilter[] = [];
    let lzma: LzmaState | undefined;
    for (let i = 0; i <= (flags & 3); i++) {
      const id = yield* this.#number();
      const size = yield* this.#number();
      const last = i === (flags & 3);
      if (input.offset + size > headerEnd - 4) throw corrupted();
      if (last !== (id === FILTER_LZMA2))
        throw new FormatError("unsupported", "unsupported filter");
      if (last) {
        const bits = input.buf[input.pos] as number;
        if (size !== 1 || bits > 40) throw corrupted();
        lzma = new LzmaState(bits === 40 ? 2 ** 32 : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11));
      } else filters.push(this.#filter(id, size));
      input.pos += size;
    }
    while (input.offset < headerEnd - 4) if ((yield* this.#byte()) !== 0) throw corrupted();
    input.pos += 4;

    const dataStart = input.offset;
    const check = makeCheck(checkKind);
    let unpacked = 0;
    yield* this.#lzma2(lzma as LzmaState, filters, (out) => {
      unpacked += out.length;
      check.update(out);
      if (unpackedSize >= 0 && unpacked > unpackedSize) throw corrupted();
    });
    const packed = input.offset - dataStart;
    if (
      (packedSize >= 0 && packed !== packedSize) ||
      (unpackedSize >= 0 && unpacked !== unpackedSize)
    )
      throw corrupted();
    const unpadded = input.offset - start + check.size;
    while ((input.offset - start) % 4 !== 0) if ((yield* this.#byte()) !== 0) throw corrupted();
    const digest = check.digest();
    for (let i = 0; i < check.size; i++) {
      const byte = yield* this.#byte();
      if (digest.length > 0 && byte !== digest[i]) throw new FormatError("checksum", "crc error");
    }
    return [unpadded, unpacked];
  }

  #filter(id: number, size: number): XzFilter {
    const { buf, pos } = this.input;
    if (id === FILTER_DELTA && size === 1) return new DeltaFilter((buf[pos] as number) + 1);
    if (id === FILTER_X86 && size === 0) return new X86Filter(0);
    if (id === FILTER_X86 && size === 4) return new X86Filter(this.#u32(0) | 0);
    throw new FormatError("unsupported", "unsupported filter");
  }

  /** The chunks of a block; `seen` gets its output, too. */
  *#lzma2(lzma: LzmaState, filters: XzFilter[], seen: (out: Uint8Array) => void): Steps<void> {
    const { input } = this;
    let needDictionary = true;
    let needProperties = true;
    for (;;) {
      const control = yield* this.#byte();
      if (control === 0) break;
      if (control === 1 || control >= 0xe0) {
        lzma.resetDictionary();
        needDictionary = false;
        if (control === 1) needProperties = true;
      } else if (needDictionary || (control > 2 && control < 0x80)) throw corrupted();
      let left = ((control & 31) << 16) * (control >> 7);
      yield* this.need(5);
      left += (((input.buf[input.pos] as number) << 8) | (input.buf[input.pos + 1] as number)) + 1;
      input.pos += 2;
      if (control < 0x80) {
        while (left > 0) {
          if (input.pos === input.end) yield* this.need(1);
          const n = lzma.copy(input.buf.subarray(input.pos, Math.min(input.end, input.pos + left)));
          input.pos += n;
          left -= n;
          yield* give(lzma.take(), filters, seen);
        }
        continue;
      }
      const size =
        (((input.buf[input.pos] as number) << 8) | (input.buf[input.pos + 1] as number)) + 1;
      input.pos += 2;
      if (control >= 0xc0) {
        if (!lzma.setProperties(yield* this.#byte()) || lzma.literalBits > 4) throw corrupted();
        needProperties = false;
      } else if (needProperties) throw corrupted();
      if (control >= 0xa0) lzma.resetState();
      // A chunk is at most 64 KiB: it is waited for as a whole.
      yield* this.need(size);
      if (size < 5 || !lzma.startRange(input.buf, input.pos)) throw corrupted();
      const end = input.pos + size;
      input.pos += 5;
      while (left > 0) {
        input.pos = lzma.decode(input.buf, input.pos, end + 1, left);
        left -= lzma.produced;
        if (input.pos > end || lzma.ended) throw corrupted();
        const out = lzma.take();
        if (out.length === 0) throw corrupted();
        yield* give(out, filters, seen);
      }
      const after = lzma.normalize(input.buf, input.pos);
      if (after !== end || !lzma.finished) throw corrupted();
      input.pos = after;
    }
    yield* giveRest(filters, seen);
  }
}

function* give(
  block: Uint8Array,
  filters: XzFilter[],
  seen: (out: Uint8Array) => void,
): Generator<Uint8Array, void, void> {
  let out = block;
  // The filter named last was applied last.
  for (let i = filters.length - 1; i >= 0; i--) out = (filters[i] as XzFilter).decode(out);
  if (out.length === 0) return;
  seen(out);
  yield out;
}

/** What the filters have kept back. */
function* giveRest(
  filters: XzFilter[],
  seen: (out: Uint8Array) => void,
): Generator<Uint8Array, void, void> {
  for (let i = filters.length - 1; i >= 0; i--)
    yield* give((filters[i] as XzFilter).flush(), filters.slice(0, i), seen);
}

function corrupted(): FormatError {
  return new FormatError("data", "corrupted data");
}

/** A number that depends on all sizes so far and their order. */
function sumUp(sum: number, unpadded: number, unpacked: number): number {
  return crc32(new Uint8Array(Float64Array.of(sum, unpadded, unpacked).buffer));
}

/** The CRC of the index, a byte at a time. */
class Sums {
  crc = 0;
  readonly #one = new Uint8Array(1);

  add(byte: number): void {
    this.#one[0] = byte;
    this.crc = crc32(this.#one, this.crc);
  }
}

/** Kinds that the format reserves are passed over unchecked, as it says. */
function makeCheck(kind: number): Check {
  if (kind === 1) {
    let crc = 0;
    return {
      size: 4,
      update: (b) => {
        crc = crc32(b, crc);
      },
      digest: () => Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24),
    };
  }
  const size = [0, 4, 8, 16, 32, 64][Math.ceil(kind / 3)] as number;
  if (kind === 4 || kind === 10) {
    const sum = kind === 4 ? new Crc64() : new Sha256();
    return {
      size,
      update: (b) => {
        sum.update(b);
      },
      digest: () => sum.digest(),
    };
  }
  return { size, update: () => undefined, digest: () => new Uint8Array(0) };
}
