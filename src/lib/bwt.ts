// The Burrows-Wheeler transform, by suffix sorting in linear time (SA-IS: Nong, Zhang and Chan 2009), so that no
// input is slow.

/** The last column of the sorted rotations of `text`, and which of them is the text itself. */
export function bwt(text: Uint8Array): { last: Uint8Array; origin: number } {
  const n = text.length;
  const last = new Uint8Array(n);
  // Suffixes sort as rotations do if the text begins with its least rotation.
  const start = leastRotation(text);
  const turned = new Uint8Array(n);
  turned.set(text.subarray(start));
  turned.set(text.subarray(0, start), n - start);
  const order = suffixArray(turned, 255);
  const home = start === 0 ? 0 : n - start;
  let origin = 0;
  for (let i = 0; i < n; i++) {
    const at = order[i] as number;
    if (at === home) origin = i;
    last[i] = turned[at === 0 ? n - 1 : at - 1] as number;
  }
  return { last, origin };
}

/** Where the lexicographically least rotation begins. */
function leastRotation(s: Uint8Array): number {
  const n = s.length;
  let i = 0;
  let j = 1;
  let k = 0;
  while (i < n && j < n && k < n) {
    const a = s[i + k < n ? i + k : i + k - n] as number;
    const b = s[j + k < n ? j + k : j + k - n] as number;
    if (a === b) {
      k++;
      continue;
    }
    if (a > b) i += k + 1;
    else j += k + 1;
    if (i === j) j++;
    k = 0;
  }
  return Math.min(i, j);
}

/** The suffixes of `s`, whose values are at most `upper`, in order. */
function suffixArray(s: Uint8Array | Int32Array, upper: number): Int32Array {
  const n = s.length;
  const sa = new Int32Array(n);
  if (n < 2) return sa;
  // A suffix is small if it sorts before the one after it.
  const small = new Uint8Array(n);
  for (let i = n - 2; i >= 0; i--) {
    const a = s[i] as number;
    const b = s[i + 1] as number;
    small[i] = a === b ? (small[i + 1] as number) : a < b ? 1 : 0;
  }
  // Where the large and the small suffixes of each first value begin.
  const large = new Int32Array(upper + 2);
  const smalls = new Int32Array(upper + 2);
  for (let i = 0; i < n; i++) {
    const c = s[i] as number;
    if (small[i] === 0) smalls[c] = (smalls[c] as number) + 1;
    else large[c + 1] = (large[c + 1] as number) + 1;
  }
  for (let c = 0; c <= upper; c++) {
    smalls[c] = (smalls[c] as number) + (large[c] as number);
    large[c + 1] = (large[c + 1] as number) + (smalls[c] as number);
  }
  // Leftmost small suffixes: small ones after large ones.
  const number = new Int32Array(n).fill(-1);
  let count = 0;
  for (let i = 1; i < n; i++) if (small[i] === 1 && small[i - 1] === 0) number[i] = count++;
  const leftmost = new Int32Array(count);
  for (let i = 1, k = 0; i < n; i++) if (number[i] !== -1) leftmost[k++] = i;

  induce(s, sa, small, large, smalls, leftmost);
  if (count === 0) return sa;
  // Number the pieces between them in the order found, equal ones alike, and sort what that makes.
  const sorted = new Int32Array(count);
  for (let i = 0, k = 0; i < n; i++) {
    const v = sa[i] as number;
    if (number[v] !== -1) sorted[k++] = v;
  }
  const reduced = new Int32Array(count);
  let rank = 0;
  for (let i = 1; i < count; i++) {
    let l = sorted[i - 1] as number;
    let r = sorted[i] as number;
    const nl = (number[l] as number) + 1;
    const nr = (number[r] as number) + 1;
    const endL = nl < count ? (leftmost[nl] as number) : n;
    const endR = nr < count ? (leftmost[nr] as number) : n;
    let same = endL - l === endR - r;
    if (same) {
      while (l < endL && s[l] === s[r]) {
        l++;
        r++;
      }
      same = l < n && r < n && s[l] === s[r];
    }
    if (!same) rank++;
    reduced[nr - 1] = rank;
  }
  const order = suffixArray(reduced, rank);
  for (let i = 0; i < count; i++) sorted[i] = leftmost[order[i] as number] as number;
  induce(s, sa, small, large, smalls, sorted);
  return sa;
}

/** Places the suffixes in `first`, then all others by what follows their first value. */
function induce(
  s: Uint8Array | Int32Array,
  sa: Int32Array,
  small: Uint8Array,
  large: Int32Array,
  smalls: Int32Array,
  first: Int32Array,
): void {
  const n = s.length;
  sa.fill(-1);
  let next = smalls.slice();
  for (let i = 0; i < first.length; i++) {
    const d = first[i] as number;
    const c = s[d] as number;
    const at = next[c] as number;
    sa[at] = d;
    next[c] = at + 1;
  }
  next = large.slice();
  const end = s[n - 1] as number;
  sa[next[end] as number] = n - 1;
  next[end] = (next[end] as number) + 1;
  for (let i = 0; i < n; i++) {
    const v = (sa[i] as number) - 1;
    if (v < 0 || small[v] === 1) continue;
    const c = s[v] as number;
    const at = next[c] as number;
    sa[at] = v;
    next[c] = at + 1;
  }
  next = large.slice();
  for (let i = n - 1; i >= 0; i--) {
    const v = (sa[i] as number) - 1;
    if (v < 0 || small[v] === 0) continue;
    const c = (s[v] as number) + 1;
    const at = (next[c] as number) - 1;
    sa[at] = v;
    next[c] = at;
  }
}
