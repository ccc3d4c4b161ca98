// Absorbing input into Keccak-f[1600] (FIPS 202) in WebAssembly: 64-bit lanes where JavaScript has pairs.
import {
  type Code,
  I32,
  I32_ADD,
  I32_LT_U,
  I32_NE,
  I64,
  I64_AND,
  I64_ROTL,
  I64_XOR,
  i32,
  i64,
  load,
  local,
  op,
  repeat,
  set,
  store,
} from "./wasm.ts";
import { type BlockKernel, blockKernel } from "./wasm-blocks.ts";

/** Where things are in the kernel's memory: state, round constants. */
const STATE = 0;
const ROUND = 256;

// Locals: the input, its end, the rate in bytes; a position; lanes before and after rho and pi; columns.
const AT = 0;
const STOP = 1;
const RATE = 2;
const I = 3;
const A = 4;
const B = 29;
const C = 54;
const D = 59;

const xor = (first: Code, ...rest: Code[]): Code =>
  rest.reduce((all, each) => op(I64_XOR, all, each), first);
const rotated = (value: Code, bits: number): Code =>
  bits === 0 ? value : op(I64_ROTL, value, i64(BigInt(bits)));

/** theta, rho and pi, chi, iota. */
function round(): Code {
  const out: number[] = [];
  const five = [0, 1, 2, 3, 4];
  for (const x of five)
    out.push(...set(C + x, xor(local(A + x), ...[5, 10, 15, 20].map((row) => local(A + x + row)))));
  for (const x of five)
    out.push(...set(D + x, xor(local(C + ((x + 4) % 5)), rotated(local(C + ((x + 1) % 5)), 1))));
  const offsets = rotations();
  for (const x of five)
    for (const y of five) {
      const lane = xor(local(A + x + 5 * y), local(D + x));
      out.push(
        ...set(B + y + 5 * ((2 * x + 3 * y) % 5), rotated(lane, offsets[x + 5 * y] as number)),
      );
    }
  for (const y of five)
    for (const x of five) {
      const b = (k: number): Code => local(B + 5 * y + ((x + k) % 5));
      out.push(...set(A + x + 5 * y, xor(b(0), op(I64_AND, xor(b(1), i64(-1n)), b(2)))));
    }
  return [...out, ...set(A, xor(local(A), load(local(I), ROUND)))];
}

function rotations(): number[] {
  const offsets = new Array<number>(25).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

function code(): Code {
  const lanes = Array.from({ length: 25 }, (_, i) => i);
  const next = (index: number, by: Code): Code => set(index, op(I32_ADD, local(index), by));
  const block: Code = [
    ...set(I, i32(0)),
    ...repeat(
      [
        ...store(
          local(I),
          STATE,
          xor(load(local(I), STATE), load(op(I32_ADD, local(AT), local(I)), 0)),
        ),
        ...next(I, i32(8)),
      ],
      op(I32_NE, local(I), local(RATE)),
    ),
    ...lanes.flatMap((i) => set(A + i, load(i32(STATE), 8 * i))),
    ...set(I, i32(0)),
    ...repeat([...round(), ...next(I, i32(8))], op(I32_NE, local(I), i32(24 * 8))),
    ...lanes.flatMap((i) => store(i32(STATE), 8 * i, local(A + i))),
    ...next(AT, local(RATE)),
  ];
  return repeat(block, op(I32_LT_U, local(AT), local(STOP)));
}

// Memo of the compiled code.
let kernel: BlockKernel | null | undefined;

/**
 * Absorbs `count` blocks of `rate` bytes; false where there is no WebAssembly. State and round constants are
 * pairs of 32-bit words, the lower one first.
 */
export function absorbByWasm(
  state: Int32Array,
  constants: Int32Array,
  rate: number,
  bytes: Uint8Array,
  count: number,
): boolean {
  if (kernel === undefined) {
    const locals = [
      [1, I32],
      [60, I64],
    ] as const;
    kernel = blockKernel(3, locals, code, "lower first");
    kernel?.write(ROUND, constants);
  }
  if (kernel === null) return false;
  kernel.run(state, bytes, rate, count, rate);
  return true;
}
