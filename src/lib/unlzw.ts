// Decoder for the .Z files of compress(1): LZW with codes of 9 to 16 bits.
import { StepDecoder } from "./decoder.ts";
import { FormatError, invalidMagic, unexpectedEof } from "./format-error.ts";

const FIRST_BITS = 9;
const MAX_BITS = 16;
const CLEAR = 256;
const OUT = 1 << 16;

/** Decoder for .Z. The format has no end but that of the input. */
export class Unlzw extends StepDecoder {
  protected *run(): Generator<Uint8Array | undefined, void, void> {
    const { input } = this;
    yield* this.want(3);
    const { buf } = input;
    if (input.end - input.pos < 2) throw unexpectedEof();
    if (buf[input.pos] !== 0x1f || buf[input.pos + 1] !== 0x9d) throw invalidMagic();
    if (input.end - input.pos < 3) throw unexpectedEof();
    const flags = buf[input.pos + 2] as number;
    input.pos += 3;
    const maxBits = flags & 31;
    // Without block mode there is no code that clears the table, and 256 is one like the others.
    const clears = (flags & 0x80) !== 0;
    if (maxBits < FIRST_BITS || maxBits > MAX_BITS)
      throw new FormatError(
        "unsupported",
        `compressed with ${maxBits} bits, can only handle 16 bits`,
      );

    const maxEntries = 1 << maxBits;
    const prefix = new Uint16Array(maxEntries);
    const suffix = new Uint8Array(maxEntries);
    const length = new Uint16Array(maxEntries).fill(1, 0, 256);
    for (let i = 0; i < 256; i++) suffix[i] = i;
    const first = clears ? 257 : 256;
    let free = first;
    let bits = FIRST_BITS;
    let previous = -1;
    let out = new Uint8Array(OUT + maxEntries);
    let at = 0;
    for (;;) {
      // Codes are written eight at a time; when their width changes, what is left of the eight is padding.
      if (input.end - input.pos < bits) {
        if (at > 0 && input.empty) {
          yield out.slice(0, at);
          at = 0;
        }
        yield* this.want(bits);
      }
      const bytes = Math.min(bits, input.end - input.pos);
      const start = input.pos * 8;
      const end = start + Math.floor((bytes * 8) / bits) * bits;
      if (end === start) break;
      const mask = (1 << bits) - 1;
      input.pos += bytes;
      for (let p = start; p < end; p += bits) {
        const k = p >> 3;
        const code =
          (((buf[k] as number) | ((buf[k + 1] as number) << 8) | ((buf[k + 2] as number) << 16)) >>
            (p & 7)) &
          mask;
        if (code === CLEAR && clears) {
          free = first;
          bits = FIRST_BITS;
          previous = -1;
          break;
        }
        if (previous < 0) {
          if (code > 255) throw new FormatError("data", "corrupted data");
        } else {
          if (code > free || (code === free && free === maxEntries))
            throw new FormatError("data", "corrupted data");
          if (free < maxEntries) {
            prefix[free] = previous;
            length[free] = (length[previous] as number) + 1;
            // The last byte of the new entry is the first byte of this code's text, which may be the entry itself.
            let c = code === free ? previous : code;
            while (c >= 256) c = prefix[c] as number;
            suffix[free] = c;
            free++;
          }
        }
        const n = length[code] as number;
        let c = code;
        for (let i = at + n - 1; i > at; i--) {
          out[i] = suffix[c] as number;
          c = prefix[c] as number;
        }
        out[at] = suffix[c] as number;
        at += n;
        previous = code;
        if (at >= OUT) {
          yield out.subarray(0, at);
          out = new Uint8Array(OUT + maxEntries);
          at = 0;
        }
        if (free === 1 << bits && bits < maxBits) {
          bits++;
          break;
        }
      }
    }
    if (at > 0) yield out.slice(0, at);
  }
}
