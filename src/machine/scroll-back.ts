// The far side of a console that nobody may be looking at: the last of its output is kept.
import type { ConsolePort, HostTty } from "../kernel/tty/console.ts";

/** The most that is kept, in bytes. */
const KEPT = 65536;

/** Keeps output until somebody looks, and passes it on while somebody does. */
export class ScrollBack implements ConsolePort {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #viewer: ConsolePort | undefined;
  #tty: HostTty | undefined;

  /** The terminal whose far side this is. */
  connect(tty: HostTty): void {
    this.#tty = tty;
  }

  get tty(): HostTty {
    if (this.#tty === undefined) throw new Error("bug: a console without a terminal");
    return this.#tty;
  }

  write(bytes: Uint8Array): boolean {
    this.#chunks.push(bytes.slice());
    this.#size += bytes.length;
    while (this.#size > KEPT && this.#chunks.length > 1)
      this.#size -= (this.#chunks.shift() as Uint8Array).length;
    return this.#viewer?.write(bytes) ?? true;
  }

  resumeInput(): void {
    this.#viewer?.resumeInput?.();
  }

  /** Shows what was kept, then all that comes, until the answer is called. */
  attach(viewer: ConsolePort): () => void {
    this.#viewer = viewer;
    for (const chunk of this.#chunks) viewer.write(chunk);
    return () => {
      if (this.#viewer === viewer) this.#viewer = undefined;
      this.tty.hostDrained();
    };
  }
}
