// A small assembler for kernels of 64-bit arithmetic (WebAssembly Core Specification 2.0, binary format).
//
// JavaScript has no fast 64-bit integers. Where the host has WebAssembly, the inner loops that need them
// run there; everything is written in JavaScript too, for hosts without it.

/** Instructions, encoded. */
export type Code = readonly number[];

/** Types of locals. */
export const I32 = 0x7f;
export const I64 = 0x7e;

/** Instructions with operands on the stack, by their opcodes. */
export const I32_NE = 0x47;
export const I32_LT_U = 0x49;
export const I32_ADD = 0x6a;
export const I64_ADD = 0x7c;
export const I64_MUL = 0x7e;
export const I64_AND = 0x83;
export const I64_OR = 0x84;
export const I64_XOR = 0x85;
export const I64_SHL = 0x86;
export const I64_SHR_U = 0x88;
export const I64_ROTL = 0x89;
export const I64_ROTR = 0x8a;

const END = 0x0b;
const VOID = 0x40;

function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) out.push((rest & 127) | 128);
  out.push(rest);
  return out;
}

function signed(value: bigint): number[] {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    if ((rest === 0n && byte < 64) || (rest === -1n && byte >= 64)) return [...out, byte];
    out.push(byte | 128);
  }
}

/** Operands, then the instruction. */
export function op(code: number, ...operands: Code[]): Code {
  return [...operands.flat(), code];
}

export function local(index: number): Code {
  return [0x20, ...unsigned(index)];
}

export function set(index: number, value: Code): Code {
  return [...value, 0x21, ...unsigned(index)];
}

export function i32(value: number): Code {
  return [0x41, ...signed(BigInt(value))];
}

export function i64(value: bigint): Code {
  return [0x42, ...signed(value)];
}

/** The 64-bit word at an address plus a constant. */
export function load(address: Code, offset: number): Code {
  return [...address, 0x29, 3, ...unsigned(offset)];
}

export function store(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, 0x37, 3, ...unsigned(offset)];
}

/** Runs the body, and again as long as the condition holds after it. */
export function repeat(body: Code, condition: Code): Code {
  return [0x03, VOID, ...body, ...condition, 0x0d, 0, END];
}

export function when(condition: Code, body: Code): Code {
  return [...condition, 0x04, VOID, ...body, END];
}

function section(id: number, body: Code): number[] {
  return [id, ...unsigned(body.length), ...body];
}

function name(text: string): number[] {
  return [text.length, ...Array.from(text, (c) => c.charCodeAt(0))];
}

/** A module that exports `pages` of memory and a function `run` of 32-bit parameters that returns nothing. */
export function assemble(
  pages: number,
  params: number,
  locals: readonly (readonly [count: number, type: number])[],
  body: Code,
): Uint8Array {
  const code = [locals.length, ...locals.flatMap(([n, t]) => [...unsigned(n), t]), ...body, END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, params, ...new Array<number>(params).fill(I32), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, pages, pages]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("run"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/** A module at work. */
export interface Kernel {
  readonly memory: Uint8Array;
  readonly view: DataView;
  run(...args: number[]): void;
}

/** What is used of the host's WebAssembly, which this room's types do not have. */
interface Host {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
  ) => { exports: { memory: { buffer: ArrayBuffer }; run: (...args: number[]) => void } };
}

/** Puts a module to work; null where the host has no WebAssembly or does not allow it. */
export function instantiate(assembled: () => Uint8Array): Kernel | null {
  const host = (globalThis as unknown as { WebAssembly?: Host }).WebAssembly;
  if (host === undefined) return null;
  try {
    const { memory, run } = new host.Instance(new host.Module(assembled())).exports;
    return { memory: new Uint8Array(memory.buffer), view: new DataView(memory.buffer), run };
  } catch {
    // A page's content security policy may forbid it.
    return null;
  }
}
