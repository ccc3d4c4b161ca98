// A look at the beginning of a source, to see what kind of file it is.
import type { Steps } from "../abi/program.ts";
import { concat } from "../lib/bytes.ts";
import type { Source } from "./source.ts";

/** The first bytes of a source (four or more, unless it is shorter), and the source with them in front again. */
export function* peekSource(source: Source): Steps<{ start: Uint8Array; whole: Source }> {
  let start = yield* source.read();
  while (start.length > 0 && start.length < 4) {
    const more = yield* source.read();
    if (more.length === 0) break;
    start = concat([start, more]);
  }
  let first: Uint8Array | undefined = start;
  const whole: Source = {
    size: source.size,
    mtime: source.mtime,
    etag: source.etag,
    *read() {
      const chunk = first;
      first = undefined;
      return chunk !== undefined && chunk.length > 0 ? chunk : yield* source.read();
    },
    close: () => source.close(),
  };
  return { start, whole };
}
