// Random numbers as BusyBox's awk makes them of musl's rand(3), a linear congruential generator of 64 bits (Knuth).

const A_HIGH = 0x5851f42d;
const A_LOW = 0x4c957f2d;

export class Random {
  #high = 0;
  #low: number;

  constructor(seed: number) {
    this.#low = (seed - 1) >>> 0;
  }

  /** rand(3): 31 bits. */
  #rand(): number {
    // 64-bit product of the halves' lower parts, by 16 bits at a time.
    const [al, ah] = [this.#low & 0xffff, this.#low >>> 16];
    const [bl, bh] = [A_LOW & 0xffff, A_LOW >>> 16];
    const mid = ah * bl + ((al * bl) >>> 16);
    const mid2 = al * bh + (mid & 0xffff);
    const low = Math.imul(this.#low, A_LOW) >>> 0;
    const carry = ah * bh + Math.floor(mid / 65536) + Math.floor(mid2 / 65536);
    let high = (carry + Math.imul(this.#high, A_LOW) + Math.imul(this.#low, A_HIGH)) >>> 0;
    this.#low = (low + 1) >>> 0;
    if (this.#low === 0) high = (high + 1) >>> 0;
    this.#high = high;
    return high >>> 1;
  }

  /** From 0 to below 1. */
  next(): number {
    const first = this.#rand();
    const second = this.#rand();
    const third = this.#rand();
    const low = ((first << 16) ^ second) >>> 0;
    return (third * 4294967296 + low) / 2 ** 63;
  }
}
