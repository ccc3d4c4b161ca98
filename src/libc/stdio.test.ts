import { expect, test } from "vitest";
import { EIO, type Errno } from "../abi/errno.ts";
import { type Blocking, isSteps, type Steps, type Sys, type Wait } from "../abi/program.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { Input, LineReader, Output } from "./stdio.ts";

const WAIT: Wait = { deadlineMs: Infinity };

/** Reads come as these chunks, those that begin with "…" after a wait; writes take `most` bytes at a time. */
function fake(chunks: string[], most = Infinity, fail?: Errno): { sys: Sys; writes: string[] } {
  const left = [...chunks];
  const writes: string[] = [];
  const later = function* <T>(value: T): Steps<T> {
    yield WAIT;
    return value;
  };
  const sys = {
    isatty: () => false,
    read: (): Blocking<Uint8Array> => {
      const chunk = left.shift() ?? "";
      return chunk.startsWith("…") ? later(bytesOf(chunk.slice(1))) : bytesOf(chunk);
    },
    lseek: (_fd: number, offset: number) => writes.push(`seek ${offset}`),
    write: (_fd: number, bytes: Uint8Array): Blocking<number> => {
      if (fail !== undefined) throw fail;
      const n = Math.min(most, bytes.length);
      writes.push(strOf(bytes.subarray(0, n)));
      return most === Infinity ? n : later(n);
    },
  };
  return { sys: sys as unknown as Sys, writes };
}

function finish<T>(result: Blocking<T>): T {
  if (!isSteps(result)) return result;
  for (;;) {
    const step = result.next(0);
    if (step.done) return step.value;
  }
}

function all(read: () => Blocking<string | undefined>): string[] {
  const out: string[] = [];
  for (let s = finish(read()); s !== undefined; s = finish(read())) out.push(s);
  return out;
}

test("lines across chunks, waits and a missing newline", () => {
  const { sys } = fake(["a\nb", "…b\n\nc", "d", "…e\nf"]);
  const lines = new LineReader(new Input(sys, 0, "x"));
  expect(all(() => lines.next())).toEqual(["a\n", "bb\n", "\n", "cde\n", "f"]);
});

test("blocks are whole lines", () => {
  const { sys } = fake(["a\nb\nc", "d\ne\n", "f", "g"]);
  const lines = new LineReader(new Input(sys, 0, "x"));
  expect(all(() => lines.block())).toEqual(["a\nb\n", "cd\ne\n", "fg"]);
});

test("lines and blocks mixed, another delimiter", () => {
  const { sys } = fake(["a\0b\0c\0d", ""]);
  const lines = new LineReader(new Input(sys, 0, "x"), "\0");
  expect(finish(lines.next())).toBe("a\0");
  expect(all(() => lines.block())).toEqual(["b\0c\0", "d"]);
});

test("what a reader did not use is given back", () => {
  const { sys, writes } = fake(["a\nb\nc", "d"]);
  const input = new Input(sys, 0, "x");
  const lines = new LineReader(input);
  finish(lines.next());
  input.giveBack();
  all(() => lines.next());
  input.giveBack();
  lines.unread(2);
  input.giveBack();
  expect(writes).toEqual(["seek -3", "seek -2"]);
});

test("small writes are gathered, big ones go straight through", () => {
  const { sys, writes } = fake([]);
  const out = new Output(sys, 1);
  expect(out.puts("a")).toBeUndefined();
  expect(out.puts("b\n")).toBeUndefined();
  expect(writes).toEqual([]);
  const big = "x".repeat(5000);
  expect(out.write(bytesOf(big))).toBeUndefined();
  expect(writes).toEqual(["ab\n", big]);
});

test("short writes that wait are finished", () => {
  const { sys, writes } = fake([], 2);
  const out = new Output(sys, 1, true);
  const w = out.puts("abcde");
  expect(isSteps(w)).toBe(true);
  finish(w);
  expect(writes).toEqual(["ab", "cd", "e"]);
});

test("a write error is kept", () => {
  const { sys } = fake([], Infinity, EIO);
  const out = new Output(sys, 1, true);
  expect(out.puts("abc")).toBeUndefined();
  expect(out.error).toBe(EIO);
});
