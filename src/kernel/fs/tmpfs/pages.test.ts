import fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK_SIZE, PAGE_SIZE, Pages } from "./pages.ts";

/** Counts what pages hold. */
class Account {
  bytes = 0;
  used = 0;
  limitBlocks = Number.POSITIVE_INFINITY;
  memory(bytes: number): boolean {
    this.bytes += bytes;
    return true;
  }
  blocks(count: number): boolean {
    if (count > 0 && this.used + count > this.limitBlocks) return false;
    this.used += count;
    return true;
  }
}

type Op =
  | { op: "write"; pos: number; length: number; fill: number }
  | { op: "read"; pos: number; max: number }
  | { op: "truncate"; size: number }
  | { op: "punch" | "allocate"; from: number; length: number }
  | { op: "clone" };

const MAX = 3 * PAGE_SIZE;
const position = fc.oneof(
  fc.nat(MAX),
  fc.nat(300),
  fc.constantFrom(0, BLOCK_SIZE, PAGE_SIZE - 1, PAGE_SIZE, 2 * PAGE_SIZE),
);
const length = fc.oneof(fc.nat(200), fc.nat(MAX), fc.constantFrom(BLOCK_SIZE, PAGE_SIZE));
const operation: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    op: fc.constant("write" as const),
    pos: position,
    length,
    fill: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ op: fc.constant("read" as const), pos: position, max: length }),
  fc.record({ op: fc.constant("truncate" as const), size: position }),
  fc.record({
    op: fc.constantFrom("punch" as const, "allocate" as const),
    from: position,
    length,
  }),
  fc.record({ op: fc.constant("clone" as const) }),
);

/** The contents as one array. */
class Model {
  data = new Uint8Array(0);
  resize(size: number): void {
    const next = new Uint8Array(size);
    next.set(this.data.subarray(0, size));
    this.data = next;
  }
}

test("behaves as one array of bytes; clones and views given to readers never change", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (ops) => {
      const account = new Account();
      let pages = new Pages(account);
      const model = new Model();
      const frozen: { view: Uint8Array; copy: Uint8Array }[] = [];
      const clones: { pages: Pages; copy: Uint8Array }[] = [];
      for (const each of ops) {
        if (each.op === "write") {
          const bytes = new Uint8Array(each.length).fill(each.fill);
          expect(pages.write(each.pos, bytes)).toBe(each.length);
          if (each.length > 0) {
            if (each.pos + each.length > model.data.length) model.resize(each.pos + each.length);
            model.data.set(bytes, each.pos);
          }
          frozen.push({ view: bytes, copy: bytes.slice() });
        } else if (each.op === "read") {
          const view = pages.read(each.pos, each.max);
          const expected = model.data.slice(each.pos, each.pos + each.max);
          expect(Buffer.compare(view, expected)).toBe(0);
          frozen.push({ view, copy: expected });
        } else if (each.op === "truncate") {
          pages.truncate(each.size);
          model.resize(each.size);
        } else if (each.op === "punch") {
          pages.punch(each.from, each.from + each.length);
          model.data.fill(0, each.from, each.from + each.length);
        } else if (each.op === "allocate") {
          pages.allocate(each.from, each.from + each.length);
        } else {
          const clone = pages.clone(new Account());
          clones.push({ pages, copy: model.data.slice() });
          account.bytes = 0;
          account.used = 0;
          // Goes on with the copy: its account has to be told what it holds.
          pages = clone.clone(account);
          account.used = pages.blocks;
        }
        expect(pages.size).toBe(model.data.length);
      }
      for (const { view, copy } of frozen) expect(Buffer.compare(view, copy)).toBe(0);
      for (const { pages: clone, copy } of clones) {
        for (let pos = 0; pos < copy.length; pos += PAGE_SIZE) {
          expect(
            Buffer.compare(clone.read(pos, PAGE_SIZE), copy.subarray(pos, pos + PAGE_SIZE)),
          ).toBe(0);
        }
      }
      // Data and holes: what is no data is zeros.
      for (let pos = 0; pos < pages.size; ) {
        const data = pages.seekData(pos) ?? pages.size;
        for (let i = pos; i < data; i++) if (model.data[i] !== 0) throw new Error(`data at ${i}`);
        pos = data < pages.size ? pages.seekHole(data) : pages.size;
      }
      expect(pages.bytes).toBeGreaterThanOrEqual(0);
      const cloned = clones.length > 0;
      pages.clear();
      expect(account.used).toBe(0);
      if (!cloned) expect(account.bytes).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test("counts blocks, not pages", () => {
  const account = new Account();
  const pages = new Pages(account);
  pages.write(0, Uint8Array.of(1));
  pages.write(3 * PAGE_SIZE, Uint8Array.of(1));
  expect([pages.blocks, pages.size, account.used]).toEqual([2, 3 * PAGE_SIZE + 1, 2]);
  expect([pages.seekHole(0), pages.seekData(BLOCK_SIZE)]).toEqual([BLOCK_SIZE, 3 * PAGE_SIZE]);
  pages.truncate(1);
  expect([pages.blocks, pages.seekData(1)]).toEqual([1, undefined]);
});

test("writes what fits when blocks run out", () => {
  const account = new Account();
  account.limitBlocks = 17;
  const pages = new Pages(account);
  expect(pages.write(0, new Uint8Array(PAGE_SIZE + 2 * BLOCK_SIZE))).toBe(17 * BLOCK_SIZE);
  expect(pages.write(PAGE_SIZE, new Uint8Array(BLOCK_SIZE))).toBe(BLOCK_SIZE);
  expect(pages.write(PAGE_SIZE + BLOCK_SIZE, Uint8Array.of(1))).toBe(0);
});

test("appending grows by doubling and never keeps more than twice the data", () => {
  const account = new Account();
  const pages = new Pages(account);
  const sizes = new Set<number>();
  for (let i = 0; i < 60000; i++) {
    pages.write(i, Uint8Array.of(i & 0xff));
    sizes.add(account.bytes);
    if (account.bytes > 2 * (i + 1)) throw new Error(`${account.bytes} bytes for ${i + 1}`);
  }
  expect(sizes.size).toBeLessThan(20);
});

test("takes whole pages and static bytes by reference", () => {
  const account = new Account();
  const pages = new Pages(account);
  const chunk = new Uint8Array(PAGE_SIZE).fill(7);
  pages.write(0, chunk);
  expect(pages.read(0, PAGE_SIZE).buffer).toBe(chunk.buffer);
  const image = new Uint8Array(10 * PAGE_SIZE).fill(9);
  const copied = new Pages(account);
  copied.adopt(image.subarray(100, 100 + 2 * PAGE_SIZE));
  expect(copied.read(0, PAGE_SIZE).buffer).toBe(image.buffer);
  copied.write(5, Uint8Array.of(1));
  expect(image.every((byte) => byte === 9)).toBe(true);
  expect([...copied.read(4, 3)]).toEqual([9, 1, 9]);
});
