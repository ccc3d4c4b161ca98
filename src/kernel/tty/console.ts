// Terminals whose far side is the host: the machine's console, and one for each interactive `run`.
import { makedev } from "../../abi/stat.ts";
import type { WinSize } from "../../abi/termios.ts";
import type { Kernel } from "../kernel.ts";
import { Tty } from "./tty.ts";

/** What the host gives for a terminal. */
export interface ConsolePort {
  /** Takes output. False: taken, but send no more until `HostTty.outputDrained()`. */
  write(bytes: Uint8Array): boolean;
  /** Input is wanted again after `HostTty.hostInput()` answered false. */
  resumeInput?(): void;
}

/** What one put may carry. */
const CHUNK = 65536;

/** A terminal on a host port. The host's side calls the methods named host…. */
export class HostTty extends Tty {
  readonly #port: ConsolePort;
  #full = false;
  #wake = false;

  constructor(kernel: Kernel, name: string, rdev: number, port: ConsolePort, size?: WinSize) {
    super(kernel, name, rdev);
    this.#port = port;
    if (size !== undefined) this.winsize = { ...size };
  }

  override room(): number {
    return this.#full ? 0 : CHUNK;
  }

  override put(bytes: Uint8Array): void {
    if (!this.#port.write(bytes)) this.#full = true;
  }

  override get drained(): boolean {
    return !this.#full;
  }

  protected override inputDrained(): void {
    if (!this.#wake) return;
    this.#wake = false;
    this.#port.resumeInput?.();
  }

  /** Keys from the host's terminal. False: send no more until `resumeInput`. */
  hostInput(bytes: Uint8Array): boolean {
    this.input(bytes);
    this.#wake = !this.wantsInput;
    return !this.#wake;
  }

  /** The host has taken what was written: more may come. */
  hostDrained(): void {
    if (!this.#full) return;
    this.#full = false;
    this.outputReady();
  }

  /** The host's window has changed. */
  hostResize(rows: number, cols: number): void {
    this.setWinSize({ rows, cols, xpixel: 0, ypixel: 0 });
  }

  /** The host's terminal has gone. */
  hostHangup(): void {
    this.#full = false;
    this.hangup();
  }
}

/** Device number of the serial console, /dev/ttyS0. */
export const SERIAL_CONSOLE: number = makedev(4, 64);

/** The machine's consoles: what /dev/console opens, and serial lines by minor number. */
export class Consoles {
  /** What /dev/console stands for. */
  main: Tty | undefined;
  /** By device number. */
  readonly lines: Map<number, Tty> = new Map();
}

/** The consoles of a machine. */
export function consoles(kernel: Kernel): Consoles {
  return kernel.slot("consoles", () => new Consoles());
}

/** Makes the machine's console, /dev/ttyS0, and lets /dev/console stand for it. */
export function createConsole(kernel: Kernel, port: ConsolePort, size?: WinSize): HostTty {
  const tty = new HostTty(kernel, "ttyS0", SERIAL_CONSOLE, port, size);
  const all = consoles(kernel);
  all.lines.set(tty.rdev, tty);
  all.main ??= tty;
  return tty;
}
