// vi's reading and writing of files.
import { EACCES, ENOENT, Errno } from "../../../abi/errno.ts";
import { O_CREAT, O_TRUNC, O_WRONLY, W_OK } from "../../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../../abi/program.ts";
import { bytesOf, strOf } from "../../../lib/bytes.ts";
import { decodeUtf8 } from "../../../lib/utf8.ts";
import { S_ISREG } from "../../../libc/stat.ts";
import { strerror } from "../../../libc/strerror.ts";
import { access, open, readFile, tryStat, writeAll } from "../../../libc/unistd.ts";
import type { Vi } from "./state.ts";

/** Larger files are refused. */
const MAX_FILE = 1 << 28;

/** Reads a file's lines; undefined, after a complaint, when that fails. */
export function* readLines(
  vi: Vi,
  path: string,
): Steps<{ lines: string[]; bytes: number } | undefined> {
  const st = tryStat(vi.p.sys, path);
  if (st !== undefined && !S_ISREG(st.mode)) {
    vi.complain(`'${decodeUtf8(path)}' is not a regular file`);
    return undefined;
  }
  try {
    const bytes = yield* readFile(vi.p.sys, path, MAX_FILE);
    const text = decodeUtf8(strOf(bytes));
    const lines = text.split("\n");
    if (text === "" || text.endsWith("\n")) lines.pop();
    return { lines, bytes: bytes.length };
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    vi.complain(`'${decodeUtf8(path)}' ${strerror(e)}`);
    return undefined;
  }
}

/** Edits a file: its text replaces all there is. A file that is not there begins empty. */
export function* loadFile(vi: Vi, path: string, readonlyOption: boolean): Steps<void> {
  const { sys } = vi.p;
  vi.file = path;
  vi.cursor = { row: 0, col: 0 };
  vi.previous = { row: 0, col: 0 };
  vi.screen.top = 0;
  vi.screen.left = 0;
  const exists = path !== "" && tryStat(sys, path) !== undefined;
  const read = exists ? yield* readLines(vi, path) : undefined;
  vi.buf.reset(read?.lines ?? []);
  vi.readonly = readonlyOption || (exists && !access(sys, path, W_OK));
}

/**
 * Writes lines to a file; true when all is written. Says how much, or why not.
 */
export function* writeLines(vi: Vi, path: string, from: number, to: number): Steps<boolean> {
  const { sys } = vi.p;
  const text = vi.buf.encode(from, to);
  const name = decodeUtf8(path);
  try {
    let fd = open(sys, path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    if (isSteps(fd)) fd = yield* fd;
    try {
      yield* writeAll(sys, fd, bytesOf(text));
    } finally {
      sys.close(fd);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    vi.complain(
      e === EACCES || e === ENOENT ? `'${name}' ${strerror(e)}` : `Write error: ${strerror(e)}`,
    );
    return false;
  }
  vi.say(`'${name}' ${to - from + 1}L, ${text.length}C`);
  return true;
}
