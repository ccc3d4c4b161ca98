// Tables of what has a process id: tasks, processes, groups, sessions (Linux: struct pid, kernel/pid.c).

/** Ids of one page. */
const PAGE_BITS = 8;
const PAGE_SIZE = 1 << PAGE_BITS;

/**
 * Values by id, in ascending order of ids. Not a Map: what a Map throws away when it makes itself anew
 * keeps what came later alive, and in a machine that forks all day that is every ended process.
 */
export class IdTable<T> {
  readonly #pages: (Page<T> | undefined)[] = [];
  /** A page that has become empty: most often the next one wanted. */
  #spare: Page<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#pages[id >> PAGE_BITS]?.values[id & (PAGE_SIZE - 1)];
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  /** `id` must not be negative. */
  set(id: number, value: T): void {
    const at = id >> PAGE_BITS;
    let page = this.#pages[at];
    if (page === undefined) {
      while (this.#pages.length < at) this.#pages.push(undefined);
      page = this.#spare ?? { count: 0, values: new Array(PAGE_SIZE).fill(undefined) };
      this.#spare = undefined;
      this.#pages[at] = page;
    }
    const index = id & (PAGE_SIZE - 1);
    if (page.values[index] === undefined) {
      page.count++;
      this.#size++;
    }
    page.values[index] = value;
  }

  delete(id: number): boolean {
    const at = id >> PAGE_BITS;
    const page = this.#pages[at];
    const index = id & (PAGE_SIZE - 1);
    if (page === undefined || page.values[index] === undefined) return false;
    page.values[index] = undefined;
    this.#size--;
    if (--page.count === 0) {
      this.#pages[at] = undefined;
      this.#spare = page;
    }
    return true;
  }

  *keys(): IterableIterator<number> {
    for (const [id] of this.#entries()) yield id;
  }

  *values(): IterableIterator<T> {
    for (const [, value] of this.#entries()) yield value;
  }

  *#entries(): IterableIterator<[number, T]> {
    for (let at = 0; at < this.#pages.length; at++) {
      const page = this.#pages[at];
      if (page === undefined) continue;
      for (let index = 0; index < PAGE_SIZE; index++) {
        const value = page.values[index];
        if (value !== undefined) yield [(at << PAGE_BITS) | index, value];
      }
    }
  }
}

interface Page<T> {
  count: number;
  readonly values: (T | undefined)[];
}

/** A few things in the order they came, each once. Not a Set, for the reason told at {@link IdTable}. */
export class Members<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The one that came first. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Adds what is not in it. */
  add(item: T): void {
    this.#items.push(item);
  }

  has(item: T): boolean {
    return this.#items.includes(item);
  }

  delete(item: T): boolean {
    const items = this.#items;
    if (items.length === 1) {
      if (items[0] !== item) return false;
      items.pop();
      return true;
    }
    const at = items.indexOf(item);
    if (at < 0) return false;
    items.splice(at, 1);
    return true;
  }

  /** By place, from 0 to `size`: cheaper than an iterator. */
  at(index: number): T {
    return this.#items[index] as T;
  }

  /** Nothing may be added or taken meanwhile: iterate over a copy then. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items[Symbol.iterator]();
  }

  /** Does one of them fulfil it? */
  some(test: (item: T) => boolean): boolean {
    return this.#items.some(test);
  }
}
