// The longest common subsequence of two sequences of lines, after Hunt and McIlroy ("An Algorithm for Differential
// File Comparison", 1976), with the bound on tries that BSD's diff put on very repetitive files.

/** A run of lines that differ: a[aFrom..aTo) became b[bFrom..bTo). */
export interface Change {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Candidates: chains of matching pairs, each with its predecessor. */
class Candidates {
  #size = 0;
  x = new Int32Array(1024);
  y = new Int32Array(1024);
  previous = new Int32Array(1024);

  add(x: number, y: number, previous: number): number {
    const i = this.#size++;
    if (i >= this.x.length) {
      this.x = grow(this.x);
      this.y = grow(this.y);
      this.previous = grow(this.previous);
    }
    this.x[i] = x;
    this.y[i] = y;
    this.previous[i] = previous;
    return i;
  }
}

function grow(a: Int32Array): Int32Array<ArrayBuffer> {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  return b;
}

/** Lines of both as numbers, equal ones alike. */
function classes(a: readonly string[], b: readonly string[]): [Int32Array, Int32Array, number] {
  const known = new Map<string, number>();
  const number = (s: string): number => {
    let n = known.get(s);
    if (n === undefined) {
      n = known.size;
      known.set(s, n);
    }
    return n;
  };
  return [Int32Array.from(a, number), Int32Array.from(b, number), known.size];
}

/**
 * For each line of a[from..aTo) the line of b that it is, or -1. `minimal`: however long it takes.
 * Lines are given by class.
 */
function match(a: Int32Array, b: Int32Array, count: number, minimal: boolean): Int32Array {
  // Where each class occurs in b, in order: starts[c] to starts[c + 1].
  const starts = new Int32Array(count + 1);
  for (const c of b) starts[c + 1] = (starts[c + 1] as number) + 1;
  for (let c = 0; c < count; c++) starts[c + 1] = (starts[c + 1] as number) + (starts[c] as number);
  const places = new Int32Array(b.length);
  const next = starts.slice();
  for (let j = 0; j < b.length; j++) {
    const c = b[j] as number;
    const at = next[c] as number;
    places[at] = j + 1;
    next[c] = at + 1;
  }
  const list = new Candidates();
  // best[k] is the candidate that ends the chain of length k with the least y.
  const best = new Int32Array(Math.min(a.length, b.length) + 2);
  best[0] = list.add(0, 0, -1);
  const bound = minimal ? Infinity : Math.max(256, Math.floor(Math.sqrt(a.length)));
  let k = 0;
  for (let i = 0; i < a.length; i++) {
    const c = a[i] as number;
    const end = starts[c + 1] as number;
    let oldLength = 0;
    let old = best[0] as number;
    let tries = 0;
    for (let at = starts[c] as number; at < end && tries < bound; at++) {
      const y = places[at] as number;
      if (y <= (list.y[old] as number)) continue;
      // The longest chain that ends before y.
      let low = 0;
      let high = k + 1;
      while (high - low > 1) {
        const mid = (low + high) >> 1;
        if ((list.y[best[mid] as number] as number) < y) low = mid;
        else high = mid;
      }
      const length = low + 1;
      // What this very line has put there a moment ago must not be its own predecessor.
      if (length !== oldLength + 1) old = best[length - 1] as number;
      if (length <= k) {
        const there = best[length] as number;
        if ((list.y[there] as number) <= y) continue;
        best[length] = list.add(i + 1, y, old);
        old = there;
        oldLength = length;
        tries++;
      } else {
        best[length] = list.add(i + 1, y, old);
        k++;
        break;
      }
    }
  }
  const out = new Int32Array(a.length).fill(-1);
  for (let at = best[k] as number; at > 0; at = list.previous[at] as number)
    out[(list.x[at] as number) - 1] = (list.y[at] as number) - 1;
  return out;
}

/** What must change to make `b` of `a`; lines are compared as they are. */
export function differences(
  a: readonly string[],
  b: readonly string[],
  minimal: boolean,
): Change[] {
  let prefix = 0;
  while (prefix < a.length && prefix < b.length && a[prefix] === b[prefix]) prefix++;
  let suffix = 0;
  const most = Math.min(a.length, b.length) - prefix;
  while (suffix < most && a[a.length - 1 - suffix] === b[b.length - 1 - suffix]) suffix++;
  const [x, y, count] = classes(
    a.slice(prefix, a.length - suffix),
    b.slice(prefix, b.length - suffix),
  );
  const matched = match(x, y, count, minimal);
  const changes: Change[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && matched[i] === j) {
      i++;
      j++;
      continue;
    }
    const [aFrom, bFrom] = [i, j];
    while (i < x.length && matched[i] === -1) i++;
    j = i < x.length ? (matched[i] as number) : y.length;
    changes.push({
      aFrom: aFrom + prefix,
      aTo: i + prefix,
      bFrom: bFrom + prefix,
      bTo: j + prefix,
    });
  }
  return changes;
}
