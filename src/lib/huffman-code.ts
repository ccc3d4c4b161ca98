// Code lengths for a prefix code from symbol frequencies, no longer than a limit (for DEFLATE and bzip2).

/**
 * Writes the code length of each symbol into `lengths` (0 where the frequency is 0) and returns how many symbols
 * have one. Frequencies are below 2**22, symbols below 512, and the limit leaves room for all symbols.
 * Equal frequencies are told apart by symbol, so the result depends on nothing else.
 */
export function codeLengths(
  freqs: Int32Array,
  count: number,
  limit: number,
  lengths: Uint8Array,
): number {
  lengths.fill(0, 0, count);
  const order = new Int32Array(count);
  let n = 0;
  for (let i = 0; i < count; i++) {
    const f = freqs[i] as number;
    if (f > 0) order[n++] = (f << 9) | i;
  }
  const sorted = order.subarray(0, n).sort();
  if (n === 0) return 0;
  if (n === 1) {
    lengths[(sorted[0] as number) & 511] = 1;
    return 1;
  }
  // Moffat and Katajainen: in place, first weights, then parents, then depths.
  const a = new Int32Array(n);
  for (let i = 0; i < n; i++) a[i] = (sorted[i] as number) >>> 9;
  const at = (i: number): number => a[i] as number;
  let leaf = 0;
  let root = 0;
  for (let next = 0; next < n - 1; next++) {
    let weight = 0;
    for (let k = 0; k < 2; k++) {
      if (leaf >= n || (root < next && at(root) < at(leaf))) {
        weight += at(root);
        a[root++] = next;
      } else weight += at(leaf++);
    }
    a[next] = weight;
  }
  a[n - 2] = 0;
  for (let i = n - 3; i >= 0; i--) a[i] = at(at(i)) + 1;
  // How many leaves at each depth; those too deep are moved up, and room is made by moving others down.
  const counts = new Int32Array(Math.max(limit, n) + 1);
  let available = 1;
  let used = 0;
  let depth = 0;
  let inner = n - 2;
  while (available > 0) {
    while (inner >= 0 && at(inner) === depth) {
      used++;
      inner--;
    }
    const leaves = available - used;
    const d = Math.min(depth, limit);
    counts[d] = (counts[d] as number) + leaves;
    available = 2 * used;
    depth++;
    used = 0;
  }
  let kraft = 0;
  for (let d = 1; d <= limit; d++) kraft += (counts[d] as number) * 2 ** (limit - d);
  for (let over = kraft - 2 ** limit; over > 0; over--) {
    let d = limit - 1;
    while (counts[d] === 0) d--;
    counts[d] = (counts[d] as number) - 1;
    counts[d + 1] = (counts[d + 1] as number) + 2;
    counts[limit] = (counts[limit] as number) - 1;
  }
  let i = 0;
  for (let d = limit; d > 0; d--)
    for (let k = counts[d] as number; k > 0; k--) lengths[(sorted[i++] as number) & 511] = d;
  return n;
}

/** The codes that belong to the lengths, most significant bit first: shorter ones first, then by symbol. */
export function canonicalCodes(lengths: Uint8Array, count: number, codes: Int32Array): void {
  const counts = new Int32Array(32);
  for (let i = 0; i < count; i++) {
    const n = lengths[i] as number;
    counts[n] = (counts[n] as number) + 1;
  }
  counts[0] = 0;
  const next = new Int32Array(32);
  for (let n = 1; n < 32; n++) next[n] = ((next[n - 1] as number) + (counts[n - 1] as number)) << 1;
  for (let i = 0; i < count; i++) {
    const n = lengths[i] as number;
    if (n === 0) continue;
    codes[i] = next[n] as number;
    next[n] = (next[n] as number) + 1;
  }
}
