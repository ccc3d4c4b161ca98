// Kernels in WebAssembly that work through blocks of input into a state, and the way data goes in and out of them.
import { assemble, type Code, instantiate, type Kernel } from "./wasm.ts";

/** Where things are in a kernel's memory: the state at 0, constants where the kernel has them, the input. */
export const INPUT = 1024;
const PAGES = 2;
const ROOM = PAGES * 65536 - INPUT;

/** Which of the two 32-bit words that make a 64-bit one comes first in JavaScript's arrays. */
export type WordOrder = "lower first" | "upper first";

/** A kernel whose memory carries nothing from one call to the next but constants. */
export class BlockKernel {
  readonly #kernel: Kernel;
  readonly #swap: 0 | 1;

  constructor(kernel: Kernel, order: WordOrder) {
    this.#kernel = kernel;
    this.#swap = order === "upper first" ? 1 : 0;
  }

  /** Puts words into the kernel's memory. */
  write(at: number, words: Int32Array): void {
    const { view } = this.#kernel;
    for (let i = 0; i < words.length; i++)
      view.setInt32(at + 4 * (i ^ this.#swap), words[i] as number, true);
  }

  /** Works through `count` blocks; `args` follow the addresses where input begins and ends. */
  run(
    state: Int32Array,
    bytes: Uint8Array,
    blockSize: number,
    count: number,
    ...args: number[]
  ): void {
    const { memory, view, run } = this.#kernel;
    this.write(0, state);
    const most = Math.floor(ROOM / blockSize);
    for (let done = 0; done < count; ) {
      const n = Math.min(count - done, most);
      memory.set(bytes.subarray(done * blockSize, (done + n) * blockSize), INPUT);
      run(INPUT, INPUT + n * blockSize, ...args);
      done += n;
    }
    for (let i = 0; i < state.length; i++) state[i] = view.getInt32(4 * (i ^ this.#swap), true);
  }
}

/** A kernel of `params` parameters, of which the first two are where input begins and ends; null without WebAssembly. */
export function blockKernel(
  params: number,
  locals: readonly (readonly [count: number, type: number])[],
  body: () => Code,
  order: WordOrder,
): BlockKernel | null {
  const kernel = instantiate(() => assemble(PAGES, params, locals, body()));
  return kernel === null ? null : new BlockKernel(kernel, order);
}
