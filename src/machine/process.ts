// A process of the machine as the host holds it: exit, signals, streams.
import { SIGKILL } from "../abi/signal.ts";
import { sendSignal } from "../kernel/signal.ts";
import type { ThreadGroup } from "../kernel/task.ts";
import type { HostTty } from "../kernel/tty/console.ts";
import { signalName, signalNumber } from "../libc/strsignal.ts";
import type { PullFile, PushFile } from "./stdio.ts";

/** How a process ended. */
export interface ExitStatus {
  /** Exit status, or 128 + signal number as shells say it. */
  readonly status: number;
  /** Name of the signal that ended it ("SIGTERM"), if one did. */
  readonly signal: string | undefined;
  /** Why the program could not be started at all (status 126 or 127), if so. */
  readonly error?: string;
}

/** Translates a wait4 status. */
export function exitStatus(wait: number): ExitStatus {
  const signal = wait & 0x7f;
  if (signal === 0) return { status: (wait >> 8) & 0xff, signal: undefined };
  return { status: 128 + signal, signal: `SIG${signalName(signal)}` };
}

/** A started process. */
export class MachineProcess {
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Its input; undefined on a terminal or when input was given as bytes. */
  readonly stdin: WritableStream<Uint8Array> | undefined;
  readonly stdout: ReadableStream<Uint8Array> | undefined;
  readonly stderr: ReadableStream<Uint8Array> | undefined;
  /** Its terminal, when it was started with one. */
  readonly tty: HostTty | undefined;
  readonly #group: ThreadGroup;

  constructor(
    group: ThreadGroup,
    exited: Promise<ExitStatus>,
    streams: { stdin?: PushFile; stdout?: PullFile; stderr?: PullFile; tty?: HostTty },
  ) {
    this.#group = group;
    this.pid = group.pid;
    this.exited = exited;
    this.tty = streams.tty;
    this.stdin = streams.stdin === undefined ? undefined : writable(streams.stdin);
    this.stdout = streams.stdout === undefined ? undefined : readable(streams.stdout);
    this.stderr = streams.stderr === undefined ? undefined : readable(streams.stderr);
  }

  /** Sends a signal by name ("SIGTERM", "TERM") or number; default SIGTERM. */
  kill(signal: string | number = "SIGTERM"): void {
    const signo = typeof signal === "number" ? signal : signalNumber(signal.replace(/^SIG/, ""));
    if (signo < 0) throw new TypeError(`no signal ${signal}`);
    sendSignal(this.#group, signo);
  }

  /** SIGKILL. */
  destroy(): void {
    sendSignal(this.#group, SIGKILL);
  }
}

function writable(file: PushFile): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write(chunk): Promise<void> | undefined {
      // Copied: the guest may look at it long after the host has gone on.
      if (file.push(chunk.slice())) return undefined;
      return new Promise((resolve) => file.whenWanted(resolve));
    },
    close() {
      file.end();
    },
    abort() {
      file.end();
    },
  });
}

function readable(file: PullFile): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull(controller): Promise<void> {
        return new Promise((resolve) => {
          file.whenData(() => {
            const chunk = file.take();
            if (chunk !== undefined) controller.enqueue(chunk);
            else controller.close();
            resolve();
          });
        });
      },
      cancel() {
        file.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}
