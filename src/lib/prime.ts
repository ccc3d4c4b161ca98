// Prime numbers for keys: sieving, then Miller and Rabin's test (FIPS 186-5 appendix B.3.1).
import { bigOf, bitLength, modPow } from "./bigint.ts";

/** So many bytes that nobody can foretell. */
export type RandomBytes = (length: number) => Uint8Array;

/** Divisors below this are tried before anything else. */
const SMALL = 2048;
/** Numbers looked at from one random start on. */
const STRETCH = 1 << 13;

/** A prime of exactly so many bits, the highest two of them set, so that a product of two has twice as many. */
export function* randomPrime(bits: number, random: RandomBytes): Generator<undefined, bigint> {
  const divisors = smallPrimes();
  for (;;) {
    const bytes = random(Math.ceil(bits / 8));
    const top = 3n << BigInt(bits - 2);
    const start = BigInt.asUintN(bits, bigOf(bytes)) | top | 1n;
    const sieve = new Uint8Array(STRETCH);
    for (const divisor of divisors) {
      // The first i for which start + 2 * i is a multiple.
      const rest = Number(start % BigInt(divisor));
      const gap = (divisor - rest) % divisor;
      let i = gap % 2 === 0 ? gap / 2 : (gap + divisor) / 2;
      for (; i < STRETCH; i += divisor) sieve[i] = 1;
    }
    for (let i = 0; i < STRETCH; i++) {
      if (sieve[i] !== 0) continue;
      yield undefined;
      const candidate = start + BigInt(2 * i);
      if (bitLength(candidate) > bits) break;
      if (isProbablyPrime(candidate, random)) return candidate;
    }
  }
}

/** Is an odd number above 2048 prime, but for a chance of less than 2**-100? */
export function isProbablyPrime(n: bigint, random: RandomBytes): boolean {
  const bits = bitLength(n);
  let odd = n - 1n;
  let twos = 0;
  for (; (odd & 1n) === 0n; odd >>= 1n) twos++;
  // Few composites of many bits pass even one round, if nobody has picked them on purpose.
  const rounds = bits >= 1024 ? 8 : bits >= 512 ? 16 : 64;
  for (let round = 0; round < rounds; round++) {
    const base = (bigOf(random(Math.ceil(bits / 8))) % (n - 3n)) + 2n;
    let power = modPow(base, odd, n);
    if (power === 1n || power === n - 1n) continue;
    let passed = false;
    for (let i = 1; i < twos && !passed; i++) {
      power = (power * power) % n;
      passed = power === n - 1n;
    }
    if (!passed) return false;
  }
  return true;
}

function smallPrimes(): number[] {
  const primes: number[] = [];
  for (let n = 3; n < SMALL; n += 2) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes;
}
