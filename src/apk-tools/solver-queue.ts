// Names that wait for their decision, as a heap: the next one is found without looking at all.
import type { NameState } from "./solver-state.ts";

/** A name as it was when it was put in: void when its rank has changed since. */
interface Entry {
  readonly name: NameState;
  readonly rank: number;
}

/** Of one rank those that were named come first, then those with the longest chain, then those that came last. */
function isBefore(a: Entry, b: Entry): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.name.named !== b.name.named) return a.name.named;
  if (a.name.chain !== b.name.chain) return a.name.chain > b.name.chain;
  return a.name.order > b.name.order;
}

export class DecisionQueue {
  readonly #heap: Entry[] = [];
  /** Waiting names whose rank must be found out. */
  #unranked: NameState[] = [];
  #count = 0;

  /** Takes up a name, once. */
  add(name: NameState): void {
    if (name.order !== 0) return;
    name.order = ++this.#count;
    this.rerank(name);
  }

  /** The rank of a name may have changed. */
  rerank(name: NameState): void {
    name.rank = -1;
    if (name.order === 0 || name.decided || name.unranked) return;
    name.unranked = true;
    this.#unranked.push(name);
  }

  /** Takes out the name whose turn it is; `rank` tells those of names that have changed. */
  next(rank: (name: NameState) => number): NameState | undefined {
    for (const name of this.#unranked) {
      name.unranked = false;
      name.rank = rank(name);
      this.#push({ name, rank: name.rank });
    }
    this.#unranked = [];
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop())
      if (!entry.name.decided && entry.rank === entry.name.rank) return entry.name;
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let i = 0;
    for (let down = 1; down < heap.length; down = 2 * i + 1) {
      if (down + 1 < heap.length && isBefore(heap[down + 1] as Entry, heap[down] as Entry)) down++;
      const child = heap[down] as Entry;
      if (!isBefore(child, last)) break;
      heap[i] = child;
      i = down;
    }
    heap[i] = last;
    return first;
  }
}
