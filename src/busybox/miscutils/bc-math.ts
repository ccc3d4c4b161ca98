// The functions of bc -l (POSIX bc). The last digits of a result depend on the steps that lead to it, so these are
// the usual ones: the same series, reductions and working scales that bc's library is commonly written with.
import {
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  multiply,
  negate,
  ONE,
  parseDecimal,
  squareRoot,
  subtract,
  tenTo,
  withScale,
} from "./decimal.ts";

const TWO: Decimal = { n: 2n, s: 0 };
const HALF: Decimal = { n: 5n, s: 1 };
const FIFTH: Decimal = { n: 2n, s: 1 };

/** Up to this scale two arctangents are known. */
const KNOWN = 64;
const ATAN_ONE = "7853981633974483096156608458198757210492923498437764552437361480";
const ATAN_FIFTH = "1973955598498807583700497651947902934475851037878521015176889402";

/** The whole part. */
function whole(x: Decimal): number {
  return Number(x.n / tenTo(x.s));
}

/** x / 1 */
function cut(x: Decimal, scale: number): Decimal {
  return divide(x, ONE, scale);
}

/** e(x): the series for x halved until it is not above 1, squared as often. */
export function exp(x: Decimal, scale: number): Decimal {
  const negative = x.n < 0n;
  let t = negative ? negate(x) : x;
  const work = 6 + scale + whole(multiply({ n: 44n, s: 2 }, t, scale));
  let halvings = 0;
  for (let s = t.s + 1; compare(t, ONE) > 0; s++, halvings++) t = divide(t, TWO, s);
  let sum = add(t, ONE);
  let power = t;
  let factorial = 1n;
  for (let i = 2n, term = ONE; term.n !== 0n; i++) {
    power = multiply(power, t, work);
    factorial *= i;
    term = divide(power, { n: factorial, s: 0 }, work);
    sum = add(sum, term);
  }
  for (; halvings > 0; halvings--) sum = multiply(sum, sum, work);
  return negative ? divide(ONE, sum, scale) : cut(sum, scale);
}

/** l(x): the series of atanh for roots of x between 0.5 and 2; for what has no logarithm a very low number. */
export function ln(x: Decimal, scale: number): Decimal {
  if (x.n <= 0n) return withScale({ n: 1n - tenTo(scale), s: 0 }, scale);
  const work = scale + 6;
  let t = x;
  let factor = 2n;
  for (; compare(t, TWO) >= 0; factor *= 2n) t = squareRoot(t, work);
  for (; compare(t, HALF) <= 0; factor *= 2n) t = squareRoot(t, work);
  let a = divide(subtract(t, ONE), add(t, ONE), work);
  const square = multiply(a, a, work);
  let sum = a;
  for (let i = 3, term = ONE; term.n !== 0n; i += 2) {
    a = multiply(a, square, work);
    term = divide(a, decimal(i), work);
    sum = add(sum, term);
  }
  return cut(multiply(sum, { n: factor, s: 0 }, work), scale);
}

/** s(x): the series for x less a multiple of pi. */
export function sin(x: Decimal, scale: number): Decimal {
  if (x.n < 0n) return negate(sin(negate(x), scale));
  let work = Math.floor((11 * scale) / 10) + 2;
  const quarter = atan(ONE, work);
  // How many times pi goes into x, to the nearest.
  work = 0;
  const times = divide(add(divide(x, quarter, work), TWO), decimal(4), work);
  let t = subtract(x, multiply(multiply(decimal(4), times, work), quarter, work));
  if (times.n % 2n !== 0n) t = negate(t);
  work = scale + 2;
  let sum = t;
  const square = negate(multiply(t, t, work));
  for (let i = 3, term = t; term.n !== 0n; i += 2) {
    term = multiply(term, divide(square, decimal(i * (i - 1)), work), work);
    sum = add(sum, term);
  }
  return cut(sum, scale);
}

/** c(x) is s(x + pi / 2). */
export function cos(x: Decimal, scale: number): Decimal {
  const work = Math.floor((12 * scale) / 10);
  const angle = add(multiply(TWO, atan(ONE, work), work), x);
  return cut(sin(angle, work), scale);
}

/** a(x): the series for what is left of x when a(.2) has been taken off as often as it goes. */
export function atan(x: Decimal, scale: number): Decimal {
  const sign = x.n < 0n ? decimal(-1) : ONE;
  let t = x.n < 0n ? negate(x) : x;
  if (scale <= KNOWN) {
    if (compare(t, ONE) === 0) return divide(parseDecimal(`.${ATAN_ONE}`, 10), sign, scale);
    if (compare(t, FIFTH) === 0) return divide(parseDecimal(`.${ATAN_FIFTH}`, 10), sign, scale);
  }
  const far = compare(t, FIFTH) > 0;
  const fifth = far ? atan(FIFTH, scale + 5) : ONE;
  const work = scale + 3;
  let times = 0;
  for (; compare(t, FIFTH) > 0; times++)
    t = divide(subtract(t, FIFTH), add(ONE, multiply(FIFTH, t, work)), work);
  let sum = t;
  let power = t;
  const square = negate(multiply(t, t, work));
  for (let i = 3, term = ONE; term.n !== 0n; i += 2) {
    power = multiply(power, square, work);
    term = divide(power, decimal(i), work);
    sum = add(sum, term);
  }
  const angle = far ? add(multiply(decimal(times), fifth, scale), sum) : sum;
  return divide(angle, sign, scale);
}

/** j(n, x): the Bessel function of whole order n. */
export function bessel(order: Decimal, x: Decimal, scale: number): Decimal {
  let n = order.n / tenTo(order.s);
  let odd = false;
  if (n < 0n) {
    n = -n;
    odd = n % 2n === 1n;
  }
  const work = Math.floor((12 * scale) / 10);
  let factorial = 1n;
  for (let i = 2n; i <= n; i++) factorial *= i;
  const first = divide(powerOf(x, n, work), { n: factorial << n, s: 0 }, work);
  let sum = ONE;
  let term = ONE;
  const wide = Math.floor((15 * work) / 10) + factorial.toString().length;
  const square = divide(negate(multiply(x, x, wide)), decimal(4), wide);
  for (let i = 1n; term.n !== 0n; i++) {
    term = divide(
      divide(multiply(term, square, wide), { n: i, s: 0 }, wide),
      { n: n + i, s: 0 },
      wide,
    );
    sum = add(sum, term);
  }
  const value = cut(multiply(first, sum, wide), scale);
  return odd ? negate(value) : value;
}

function powerOf(x: Decimal, n: bigint, scale: number): Decimal {
  let result = ONE;
  for (let i = 0n; i < n; i++) result = multiply(result, x, Math.max(scale, x.s));
  return result;
}
