// Copying data from descriptor to descriptor, with the messages BusyBox's applets give.
import { isSteps, type Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { writeAll } from "../../libc/unistd.ts";

/** What is asked of read(2) at a time when data only passes through. */
export const COPY_SIZE = 1 << 18;

/**
 * Copies up to `count` bytes: how many they were. A failure is reported ("read error: why", "write
 * error: why") and makes the result -1.
 */
export function* copyFd(p: Process, from: number, to: number, count = Infinity): Steps<number> {
  const { sys } = p;
  let left = count;
  let message = "read error";
  try {
    while (left > 0) {
      message = "read error";
      let chunk = sys.read(from, left < COPY_SIZE ? left : COPY_SIZE);
      if (isSteps(chunk)) chunk = yield* chunk;
      if (chunk.length === 0) break;
      left -= chunk.length;
      message = "write error";
      const n = sys.write(to, chunk);
      const done = isSteps(n) ? yield* n : n;
      if (done < chunk.length) yield* writeAll(sys, to, chunk.subarray(done));
    }
    return count === Infinity ? 0 : count - left;
  } catch (e) {
    yield* p.warn(message, e);
    return -1;
  }
}
