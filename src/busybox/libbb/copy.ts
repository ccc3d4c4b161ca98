// Copying data from descriptor to descriptor, with the messages BusyBox's applets give.
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { writeAll } from "../../libc/unistd.ts";

/** What is asked of read(2) at a time when data only passes through. */
export const COPY_SIZE: number = 1 << 18;

/** Moves some bytes without looking at them; -1 where that cannot be done, or fails. */
function* move(sys: Sys, from: number, to: number, max: number): Steps<number> {
  try {
    const n = sys.splice(from, to, max);
    return isSteps(n) ? yield* n : n;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    // Reading and writing tells which of them it is.
    return -1;
  }
}

/**
 * Copies up to `count` bytes: how many they were. A failure is reported ("read error: why", "write
 * error: why") and makes the result -1.
 */
export function* copyFd(
  p: Process,
  from: number,
  to: number,
  count: number = Infinity,
): Steps<number> {
  const { sys } = p;
  let done = 0;
  let message = "read error";
  try {
    while (done < count) {
      const moved = yield* move(sys, from, to, Math.min(count - done, COPY_SIZE));
      if (moved === 0) break;
      if (moved > 0) {
        done += moved;
        continue;
      }
      message = "read error";
      let chunk = sys.read(from, Math.min(count - done, COPY_SIZE));
      if (isSteps(chunk)) chunk = yield* chunk;
      if (chunk.length === 0) break;
      message = "write error";
      const n = sys.write(to, chunk);
      const written = isSteps(n) ? yield* n : n;
      if (written < chunk.length) yield* writeAll(sys, to, chunk.subarray(written));
      done += chunk.length;
    }
    return done;
  } catch (e) {
    yield* p.warn(message, e);
    return -1;
  }
}
