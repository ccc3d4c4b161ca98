// The compression function of SHA-512 (FIPS 180-4) in WebAssembly: 64-bit words where JavaScript has pairs.
import {
  type Code,
  I32,
  I32_ADD,
  I32_LT_U,
  I32_NE,
  I64,
  I64_ADD,
  I64_AND,
  I64_OR,
  I64_ROTL,
  I64_ROTR,
  I64_SHL,
  I64_SHR_U,
  I64_XOR,
  i32,
  i64,
  load,
  local,
  op,
  repeat,
  set,
  store,
  when,
} from "./wasm.ts";
import { type BlockKernel, blockKernel } from "./wasm-blocks.ts";

/** Where things are in the kernel's memory: state, round constants. */
const STATE = 0;
const ROUND = 64;

// Locals: the input and its end, which round, the message schedule, the working variables.
const AT = 0;
const STOP = 1;
const KEY = 2;
const X = 3;
const WORK = 19;
const T = 27;

const sum = (first: Code, ...rest: Code[]): Code =>
  rest.reduce((all, each) => op(I64_ADD, all, each), first);
const xor = (a: Code, b: Code): Code => op(I64_XOR, a, b);
const rotated = (value: Code, bits: number): Code => op(I64_ROTR, value, i64(BigInt(bits)));
const shifted = (value: Code, bits: number): Code => op(I64_SHR_U, value, i64(BigInt(bits)));

/** The local T in the other byte order. */
function swapT(): Code {
  const t = local(T);
  const exchange = (bits: bigint, mask: bigint): Code =>
    set(
      T,
      op(
        I64_OR,
        op(I64_AND, op(I64_SHR_U, t, i64(bits)), i64(mask)),
        op(I64_SHL, op(I64_AND, t, i64(mask)), i64(bits)),
      ),
    );
  return [
    ...exchange(8n, 0x00ff00ff00ff00ffn),
    ...exchange(16n, 0x0000ffff0000ffffn),
    ...op(I64_ROTL, t, i64(32n)),
  ];
}

function round(i: number): Code {
  const at = (k: number): number => WORK + ((k - i + 16) & 7);
  const [a, b, c, e, f, g, h] = [0, 1, 2, 4, 5, 6, 7].map((k) => local(at(k))) as [
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
  ];
  const mixE = xor(xor(rotated(e, 14), rotated(e, 18)), rotated(e, 41));
  const mixA = xor(xor(rotated(a, 28), rotated(a, 34)), rotated(a, 39));
  const choice = xor(g, op(I64_AND, e, xor(f, g)));
  const majority = op(I64_OR, op(I64_AND, a, b), op(I64_AND, c, op(I64_OR, a, b)));
  return [
    ...set(T, sum(h, mixE, choice, load(local(KEY), ROUND + 8 * i), local(X + i))),
    ...set(at(3), sum(local(at(3)), local(T))),
    ...set(at(7), sum(local(T), mixA, majority)),
  ];
}

function schedule(i: number): Code {
  const x = (k: number): Code => local(X + ((i + k) & 15));
  const early = xor(xor(rotated(x(1), 1), rotated(x(1), 8)), shifted(x(1), 7));
  const late = xor(xor(rotated(x(14), 19), rotated(x(14), 61)), shifted(x(14), 6));
  return set(X + i, sum(x(0), early, x(9), late));
}

function code(): Code {
  const all16 = Array.from({ length: 16 }, (_, i) => i);
  const all8 = all16.slice(0, 8);
  const block: Code = [
    ...all16.flatMap((i) => [...set(T, load(local(AT), 8 * i)), ...set(X + i, swapT())]),
    ...all8.flatMap((i) => set(WORK + i, load(i32(STATE), 8 * i))),
    ...set(KEY, i32(0)),
    ...repeat(
      [
        ...all16.flatMap(round),
        ...set(KEY, op(I32_ADD, local(KEY), i32(128))),
        ...when(op(I32_NE, local(KEY), i32(640)), all16.flatMap(schedule)),
      ],
      op(I32_NE, local(KEY), i32(640)),
    ),
    ...all8.flatMap((i) => store(i32(STATE), 8 * i, sum(load(i32(STATE), 8 * i), local(WORK + i)))),
    ...set(AT, op(I32_ADD, local(AT), i32(128))),
  ];
  return repeat(block, op(I32_LT_U, local(AT), local(STOP)));
}

// Memo of the compiled code.
let kernel: BlockKernel | null | undefined;

/**
 * Works through whole blocks; false where there is no WebAssembly. State and constants are pairs of 32-bit
 * words, the upper one first.
 */
export function blocksByWasm(
  state: Int32Array,
  constants: Int32Array,
  view: DataView,
  from: number,
  count: number,
): boolean {
  if (kernel === undefined) {
    const locals = [
      [1, I32],
      [25, I64],
    ] as const;
    kernel = blockKernel(2, locals, code, "upper first");
    kernel?.write(ROUND, constants);
  }
  if (kernel === null) return false;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, 128 * count);
  kernel.run(state, bytes, 128, count);
  return true;
}
