// The bytes of a zip archive, to be read from any place: a file, or what came through a pipe.
import { ESPIPE } from "../../abi/errno.ts";
import { SEEK_END } from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { readAll } from "../../libc/unistd.ts";

/** The most of a pipe's data that is kept. */
const PIPE_MAX = 1 << 29;

export interface ZipSource {
  readonly size: number;
  /** Up to `max` bytes from `offset` on, none at the end. */
  read(offset: number, max: number): Steps<Uint8Array>;
}

export function* zipSource(sys: Sys, fd: number): Steps<ZipSource> {
  try {
    const size = sys.lseek(fd, 0, SEEK_END);
    return {
      size,
      *read(offset, max) {
        const chunk = sys.pread(fd, max, offset);
        return isSteps(chunk) ? yield* chunk : chunk;
      },
    };
  } catch (e) {
    if (e !== ESPIPE) throw e;
  }
  const bytes = yield* readAll(sys, fd, PIPE_MAX);
  return {
    size: bytes.length,
    *read(offset, max) {
      return bytes.subarray(offset, offset + max);
    },
  };
}

/** Just `length` bytes, or fewer at the end of the source. */
export function* readExactly(source: ZipSource, offset: number, length: number): Steps<Uint8Array> {
  const out = new Uint8Array(Math.max(0, Math.min(length, source.size - offset)));
  for (let at = 0; at < out.length; ) {
    const chunk = yield* source.read(offset + at, out.length - at);
    if (chunk.length === 0) return out.subarray(0, at);
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
