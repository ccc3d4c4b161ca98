// factor: prime factors of numbers up to 2**64 - 1 (as in GNU), by trial division, Miller-Rabin and Pollard's rho
import { isSteps, type Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";

const LIMIT = 2n ** 64n;
const TRIAL = 2000n;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Certain below 2**64 with these bases. */
function isPrime(n: bigint): boolean {
  let d = n - 1n;
  let s = 0;
  for (; (d & 1n) === 0n; d >>= 1n) s++;
  next: for (const base of [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n]) {
    let x = power(base, d, n);
    if (x <= 1n || x === n - 1n) continue;
    for (let i = 1; i < s; i++) {
      x = (x * x) % n;
      if (x === n - 1n) continue next;
    }
    return false;
  }
  return true;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** A divisor of a composite without small factors. */
function* divisor(p: Process, n: bigint): Steps<bigint> {
  for (let c = 1n; ; c++) {
    const step = (v: bigint): bigint => (v * v + c) % n;
    let slow = 2n;
    let fast = 2n;
    let d = 1n;
    while (d === 1n) {
      // Differences are gathered, so that one gcd serves many steps.
      let product = 1n;
      const [slow0, fast0] = [slow, fast];
      for (let i = 0; i < 100; i++) {
        slow = step(slow);
        fast = step(step(fast));
        product = (product * (slow - fast)) % n;
      }
      d = gcd(product < 0n ? -product : product, n);
      if (d === n) {
        [slow, fast, d] = [slow0, fast0, 1n];
        while (d === 1n) {
          slow = step(slow);
          fast = step(step(fast));
          d = gcd(slow < fast ? fast - slow : slow - fast, n);
        }
      }
      p.sys.budget -= 20;
      if (p.sys.budget < 0) yield* p.sys.sched_yield();
    }
    if (d !== n) return d;
  }
}

function* factorize(p: Process, number: bigint): Steps<bigint[]> {
  const found: bigint[] = [];
  let n = number;
  for (let d = 2n; d < TRIAL && d * d <= n; d += d === 2n ? 1n : 2n)
    for (; n % d === 0n; n /= d) found.push(d);
  const open = n > 1n ? [n] : [];
  for (let m = open.pop(); m !== undefined; m = open.pop()) {
    if (m < TRIAL * TRIAL || isPrime(m)) found.push(m);
    else {
      const d = yield* divisor(p, m);
      open.push(d, m / d);
    }
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function* factorText(p: Process, text: string): Steps<void> {
  const digits = /^[ \t]*\+?([0-9]+)$/.exec(text)?.[1];
  const n = digits === undefined || digits.length > 40 ? LIMIT : BigInt(digits);
  if (n >= LIMIT) p.usageError();
  const factors = n > 0n ? yield* factorize(p, n) : [];
  const w = p.stdout.puts(`${n}:${factors.map((f) => ` ${f}`).join("")}\n`);
  if (w) yield* w;
}

function* main(p: Process): Steps<number> {
  const numbers = p.argv.slice(1);
  for (const text of numbers) yield* factorText(p, text);
  if (numbers.length > 0) return 0;
  const lines = new LineReader(p.stdin);
  for (;;) {
    let line = lines.next();
    if (isSteps(line)) line = yield* line;
    if (line === undefined) return 0;
    for (const word of line.split(/[ \t\n]+/)) if (word !== "") yield* factorText(p, word);
  }
}

export const factor: Applet = {
  name: "factor",
  path: "/usr/bin/factor",
  usage: "[NUMBER]...\n\nPrint the prime factors of each NUMBER\n",
  main,
};
