// Programs of library users that are async functions over descriptors.
import { EINTR } from "../abi/errno.ts";
import { type Program, type Steps, type Sys, settle } from "../abi/program.ts";
import { TaskSys } from "../kernel/sys.ts";
import { sleepOn, WaitQueue } from "../kernel/wait.ts";
import { bytesOf } from "../lib/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../lib/utf8.ts";

/** What an async program is given: arguments and environment as text, descriptors as calls. */
export interface ProgramContext {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Up to `max` bytes of a descriptor; empty at the end. */
  read(fd: number, max?: number): Promise<Uint8Array>;
  /** Writes all of it: text as UTF-8. */
  write(fd: number, data: string | Uint8Array): Promise<void>;
}

/** Returns the exit status. */
export type AsyncProgram = (context: ProgramContext) => Promise<number>;

interface Call {
  steps: () => Steps<unknown>;
  done: (value: unknown) => void;
  failed: (error: unknown) => void;
}

/**
 * Makes a program of an async function. (A generator function over system calls is a program as it
 * is.) The function runs
 * on the host's event loop; its calls are made by the guest's task, one after the other. When the
 * task is killed, calls in flight never settle. A rejection ends the program as a bug does.
 */
export function defineProgram(main: AsyncProgram): Program {
  return (sys, argv, envp) => runAsync(main, sys, argv, envp);
}

function* runAsync(
  main: AsyncProgram,
  sys: Sys,
  argv: readonly string[],
  envp: readonly string[],
): Steps<number> {
  const task = TaskSys.taskOf(sys);
  const calls: Call[] = [];
  const queue = new WaitQueue();
  let ended: { status: number } | { error: unknown } | undefined;
  const call = <T>(steps: () => Steps<T>): Promise<T> =>
    new Promise((done, failed) => {
      calls.push({ steps, done: done as (value: unknown) => void, failed });
      queue.wake();
    });
  main(context(sys, argv, envp, call)).then(
    (status) => {
      ended = { status };
      queue.wake();
    },
    (error: unknown) => {
      ended = { error };
      queue.wake();
    },
  );
  for (;;) {
    const next = calls.shift();
    if (next !== undefined) {
      try {
        next.done(yield* next.steps());
      } catch (error) {
        next.failed(error);
      }
    } else if (ended !== undefined) {
      if ("error" in ended) throw ended.error;
      return ended.status;
    } else {
      try {
        yield* sleepOn(task, [queue]);
      } catch (error) {
        if (error !== EINTR) throw error;
      }
    }
  }
}

function context(
  sys: Sys,
  argv: readonly string[],
  envp: readonly string[],
  call: <T>(steps: () => Steps<T>) => Promise<T>,
): ProgramContext {
  const env: Record<string, string> = {};
  for (const each of envp) {
    const eq = each.indexOf("=");
    if (eq > 0) env[decodeUtf8(each.slice(0, eq))] = decodeUtf8(each.slice(eq + 1));
  }
  return {
    argv: argv.map(decodeUtf8),
    env,
    read: (fd, max = 65536) => call(() => settle(sys.read(fd, max))),
    write: (fd, data) => {
      const bytes = typeof data === "string" ? bytesOf(encodeUtf8(data)) : data.slice();
      return call(function* () {
        for (let done = 0; done < bytes.length; ) {
          done += yield* settle(sys.write(fd, bytes.subarray(done)));
        }
      });
    },
  };
}
