// This process's terminal as the far side of a machine's terminal: raw mode, window size, back-pressure.
import type { WinSize } from "../../abi/termios.ts";
import type { ConsolePort, HostTty } from "../../kernel/tty/console.ts";

/**
 * Node's raw mode still turns each newline into two characters, which the guest's terminal has done
 * already, or has been told not to do. stty(1) can say so; leaving raw mode undoes it.
 */
function plainOutput(): void {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
}

/** The terminal on standard input and output. One at a time. */
export class NodeTerminal implements ConsolePort {
  #tty: HostTty | undefined;
  #restore: (() => void)[] = [];

  /** True when standard input is a terminal, as an interactive session needs. */
  static get available(): boolean {
    return process.stdin.isTTY === true;
  }

  /** The window, if the host knows it. */
  get size(): WinSize | undefined {
    const { columns, rows } = process.stdout;
    return columns === undefined || rows === undefined
      ? undefined
      : { rows, cols: columns, xpixel: 0, ypixel: 0 };
  }

  write(bytes: Uint8Array): boolean {
    return process.stdout.write(bytes);
  }

  resumeInput(): void {
    process.stdin.resume();
  }

  /** Connects the machine's terminal. With `input` keys go to it, and this terminal is set to raw mode. */
  attach(tty: HostTty, input: boolean): void {
    this.#tty = tty;
    const { stdin, stdout } = process;
    this.#on(stdout, "drain", () => tty.hostDrained());
    this.#on(stdout, "resize", () => {
      const size = this.size;
      if (size !== undefined) tty.hostResize(size.rows, size.cols);
    });
    // The terminal has been closed under us: writes fail, the guest is hung up.
    this.#on(stdout, "error", () => tty.hostHangup());
    if (!input) return;
    if (stdin.isTTY) {
      stdin.setRawMode(true);
      plainOutput();
      this.#restore.push(() => stdin.setRawMode(false));
    }
    this.#on(stdin, "data", (chunk: Uint8Array) => {
      const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      if (!tty.hostInput(bytes)) stdin.pause();
    });
    // After an earlier machine has let go of it, listening alone does not make it flow.
    stdin.resume();
    this.#on(stdin, "end", () => tty.hostHangup());
    this.#on(stdin, "error", () => tty.hostHangup());
    this.#restore.push(() => stdin.pause());
  }

  #on(
    emitter: NodeJS.EventEmitter,
    event: string,
    // biome-ignore lint/suspicious/noExplicitAny: the arguments differ from event to event
    listener: (...args: any[]) => void,
  ): void {
    emitter.on(event, listener);
    this.#restore.push(() => emitter.off(event, listener));
  }

  /** Gives the host's terminal back as it was. */
  detach(): void {
    this.#tty = undefined;
    for (const undo of this.#restore.reverse()) undo();
    this.#restore = [];
  }

  /** Hangs the guest up: the host's terminal goes away (SIGHUP). */
  hangup(): void {
    this.#tty?.hostHangup();
  }

  /** Resolves when what was written has gone out. */
  drained(): Promise<void> {
    const { stdout } = process;
    if (stdout.writableLength === 0 || stdout.destroyed) return Promise.resolve();
    return new Promise((resolve) => stdout.write("", () => resolve()));
  }
}
