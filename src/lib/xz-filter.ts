// The filters of .xz that come before LZMA2: delta, and branch conversion for x86. Decoding side.

/** Undoes a filter on blocks as they come. It may keep some bytes back; `flush` gives them at the end. */
export interface XzFilter {
  decode(block: Uint8Array): Uint8Array;
  flush(): Uint8Array;
}

/** Each byte is the difference to the one `distance` before. */
export class DeltaFilter implements XzFilter {
  readonly #history: Uint8Array;
  #at = 0;

  constructor(distance: number) {
    this.#history = new Uint8Array(distance);
  }

  decode(block: Uint8Array): Uint8Array {
    const history = this.#history;
    const out = new Uint8Array(block.length);
    let at = this.#at;
    for (let i = 0; i < block.length; i++) {
      const byte = ((block[i] as number) + (history[at] as number)) & 255;
      out[i] = byte;
      history[at] = byte;
      if (++at === history.length) at = 0;
    }
    this.#at = at;
    return out;
  }

  flush(): Uint8Array {
    return new Uint8Array(0);
  }
}

/** Absolute addresses of CALL and JMP instructions become relative again. */
export class X86Filter implements XzFilter {
  #rest: Uint8Array = new Uint8Array(0);
  #position: number;
  #mask = 0;

  constructor(startOffset: number) {
    this.#position = startOffset;
  }

  decode(block: Uint8Array): Uint8Array {
    const b = new Uint8Array(this.#rest.length + block.length);
    b.set(this.#rest);
    b.set(block, this.#rest.length);
    const done = this.#convert(b);
    this.#position = (this.#position + done) | 0;
    this.#rest = b.slice(done);
    return b.subarray(0, done);
  }

  flush(): Uint8Array {
    return this.#rest;
  }

  /** Converts in place; answers how many bytes are final. */
  #convert(b: Uint8Array): number {
    const last = b.length - 4;
    if (last <= 0) return 0;
    const view = new DataView(b.buffer, b.byteOffset, b.length);
    let mask = this.#mask;
    let previous = -1;
    let i = 0;
    for (; i < last; i++) {
      if (((b[i] as number) & 0xfe) !== 0xe8) continue;
      // Opcodes among the last few bytes make it less likely that this one is real; `mask` remembers them.
      const since = i - previous;
      previous = i;
      if (since > 3) mask = 0;
      else {
        mask = (mask << (since - 1)) & 7;
        if (mask !== 0) {
          const likely = mask === 1 || mask === 2 || mask === 4;
          if (!likely || isSign(b[i + 4 - bitNumber(mask)] as number)) {
            mask = (mask << 1) | 1;
            continue;
          }
        }
      }
      if (!isSign(b[i + 4] as number)) {
        mask = (mask << 1) | 1;
        continue;
      }
      let address = view.getInt32(i + 1, true);
      for (;;) {
        address = (address - (this.#position + i + 5)) | 0;
        if (mask === 0) break;
        const shift = bitNumber(mask) * 8;
        if (!isSign((address >>> (24 - shift)) & 255)) break;
        address ^= (1 << (32 - shift)) - 1;
      }
      address = (address << 7) >> 7;
      view.setInt32(i + 1, address, true);
      i += 4;
    }
    const since = i - previous;
    this.#mask = since > 3 ? 0 : mask << (since - 1);
    return i;
  }
}

function isSign(byte: number): boolean {
  return byte === 0 || byte === 0xff;
}

function bitNumber(mask: number): number {
  return mask === 0 ? 0 : mask === 1 ? 1 : mask < 4 ? 2 : 3;
}
