// A machine as a computer: boots from an initramfs, with consoles, the kernel's log on them, and pid 1 out of /init.
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_RDWR } from "../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import { SIGINT } from "../abi/signal.ts";
import { makedev, S_IFCHR } from "../abi/stat.ts";
import type { WinSize } from "../abi/termios.ts";
import { startTask } from "../kernel/fork.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { LogRecord } from "../kernel/log.ts";
import { sendSignal } from "../kernel/signal.ts";
import { type ConsolePort, consoles, createConsole, HostTty } from "../kernel/tty/console.ts";
import { VERSION_BANNER } from "../kernel/version.ts";
import { bytesOf } from "../lib/bytes.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import { type BootOptions, Machine } from "./machine.ts";
import { ScrollBack } from "./scroll-back.ts";

/** What to boot, and how: `image` is the initramfs. */
export interface ComputerOptions extends Omit<BootOptions, "initramfs" | "readOnly" | "env"> {
  /** The kernel's command line: /proc/cmdline. */
  cmdline: string;
  /** The far side of /dev/ttyS0, which is the console. */
  console: ConsolePort;
  size?: WinSize;
}

/** Virtual consoles tty1 to tty6. */
const VIRTUAL_CONSOLES = 6;
const KERN_NOTICE = 5;
const KERN_INFO = 6;
const KERN_EMERG = 0;

/** A computer that is on. */
export class Computer {
  readonly machine: Machine;
  readonly console: HostTty;
  /** What virtual consoles show, tty1 first; somebody may attach to one. */
  readonly virtualConsoles: readonly ScrollBack[];

  constructor(options: ComputerOptions) {
    this.machine = Machine.boot({ ...options, initramfs: true });
    const { kernel } = this.machine;
    kernel.slot("cmdline", () => encodeUtf8(options.cmdline));
    this.console = createConsole(kernel, options.console, options.size);
    this.virtualConsoles = Array.from({ length: VIRTUAL_CONSOLES }, (_, i) => {
      const port = new ScrollBack();
      const tty = new HostTty(kernel, `tty${i + 1}`, makedev(4, i + 1), port);
      consoles(kernel).lines.set(tty.rdev, tty);
      port.connect(tty);
      return port;
    });
    // As Linux's own "quiet": only errors are shown.
    if (/(^| )quiet( |$)/.test(options.cmdline)) kernel.log.consoleLevel = 4;
    logToConsole(kernel, this.console);
    printk(kernel, KERN_NOTICE, VERSION_BANNER);
    printk(kernel, KERN_INFO, `Command line: ${encodeUtf8(options.cmdline)}`);
    printk(kernel, KERN_INFO, `Memory: ${Math.floor(kernel.memory.limit / 1024)}K available`);
    const task = startTask(kernel, {
      program: (sys) => kernelInit(sys, kernel),
      argv: ["/init"],
      envp: [],
      ns: kernel.ns,
      comm: "swapper",
    });
    kernel.init = task.group;
  }

  /** Ctrl-Alt-Del: init does what it was told to do then. */
  ctrlAltDel(): void {
    const { init } = this.machine.kernel;
    if (init !== undefined) sendSignal(init, SIGINT);
  }
}

/** A message of the kernel's. */
export function printk(kernel: Kernel, level: number, text: string): void {
  kernel.log.append(level, Math.floor((kernel.monotonic() - kernel.bootMs) * 1000), text);
}

/** "[    0.123456] text", for those records that `dmesg -n` lets through. */
function logToConsole(kernel: Kernel, tty: HostTty): void {
  const { log } = kernel;
  log.onAppend = ({ priority, timeUs, text }: LogRecord) => {
    if ((priority & 7) >= log.consoleLevel) return;
    const seconds = String(Math.floor(timeUs / 1e6)).padStart(5);
    const micros = String(timeUs % 1e6).padStart(6, "0");
    tty.put(bytesOf(`[${seconds}.${micros}] ${text.replaceAll("\n", "\r\n")}\r\n`));
  };
}

/** The kernel's last step of booting: opens the console and becomes /init. */
function* kernelInit(sys: Sys, kernel: Kernel): Steps<number> {
  try {
    sys.mknodat(AT_FDCWD, "/dev/console", S_IFCHR | 0o600, makedev(5, 1));
    yield* settle(sys.openat(AT_FDCWD, "/dev/console", O_RDWR));
    sys.dup(0);
    sys.dup(0);
    printk(kernel, KERN_INFO, "Run /init as init process");
    return yield* settle(sys.execve("/init", ["/init"], ["HOME=/", "TERM=linux"]));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    printk(kernel, KERN_EMERG, `Kernel panic - not syncing: No working init found (${e.code}).`);
    return 1;
  }
}
