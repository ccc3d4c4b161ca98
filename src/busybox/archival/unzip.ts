// unzip: list, test and extract zip archives (options as in Info-ZIP's)
import { ENOENT, Errno } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { concat, strOf } from "../../lib/bytes.ts";
import { crc32 } from "../../lib/crc.ts";
import { FormatError } from "../../lib/format-error.ts";
import {
  findZipDirectory,
  isEncrypted,
  parseZipDirectory,
  ZIP_LOCAL_HEADER,
  ZIP_TAIL,
  type ZipEntry,
  zipDataOffset,
  zipDecoder,
} from "../../lib/zip.ts";
import { fnmatch } from "../../libc/fnmatch.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import { LineReader } from "../../libc/stdio.ts";
import { chmod, open, symlink, unlink, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { makeDirectory } from "../libbb/make-directory.ts";
import { dirPart, lastPart } from "../libbb/path.ts";
import { BLOCK_COST, type Format, PackedError, Unpacker } from "./codec.ts";
import { SafeNames } from "./member-names.ts";
import { readExactly, type ZipSource, zipSource } from "./unzip-source.ts";

const CHUNK = 1 << 16;
/** The longest target of a symbolic link. */
const LINK_MAX = 1 << 16;
const METHODS: Readonly<Record<number, Format>> = { 12: "bzip2", 14: "lzma", 95: "xz" };

type Mode = "extract" | "list" | "verbose" | "test" | "print";

interface Command {
  mode: Mode;
  quiet: number;
  /** What is done where a file is there already. */
  overwrite: "ask" | "always" | "never";
  flat: boolean;
  keepSuid: boolean;
  archive: string;
  accept: string[];
  reject: string[];
  dir: string | undefined;
}

function parseArguments(p: Process): Command {
  const c: Command = {
    mode: "extract",
    quiet: 0,
    overwrite: "ask",
    flat: false,
    keepSuid: false,
    archive: "",
    accept: [],
    reject: [],
    dir: undefined,
  };
  const operands: string[] = [];
  let excluding = false;
  const args = p.argv.slice(1);
  const letters: Readonly<Record<string, () => void>> = {
    l: () => {
      if (c.mode !== "verbose") c.mode = "list";
    },
    v: () => {
      c.mode = "verbose";
    },
    t: () => {
      c.mode = "test";
    },
    p: () => {
      c.mode = "print";
    },
    n: () => {
      c.overwrite = "never";
    },
    o: () => {
      c.overwrite = "always";
    },
    j: () => {
      c.flat = true;
    },
    K: () => {
      c.keepSuid = true;
    },
    q: () => {
      c.quiet++;
    },
    x: () => {
      excluding = true;
    },
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "-" || !arg.startsWith("-")) {
      if (excluding && operands.length > 0) c.reject.push(arg);
      else operands.push(arg);
      continue;
    }
    for (let k = 1; k < arg.length; k++) {
      const letter = arg.charAt(k);
      if (letter === "d") {
        c.dir = k + 1 < arg.length ? arg.slice(k + 1) : args[++i];
        if (c.dir === undefined) p.usageError("option requires an argument: d");
        break;
      }
      const set = letters[letter];
      if (set === undefined) p.usageError(`unrecognized option: ${letter}`);
      set();
    }
  }
  const archive = operands.shift();
  if (archive === undefined) p.usageError();
  c.archive = archive;
  c.accept = operands;
  return c;
}

function* openArchive(p: Process, c: Command): Steps<number> {
  if (c.archive === "-") return 0;
  const names = [c.archive, `${c.archive}.zip`, `${c.archive}.ZIP`];
  for (const name of names) {
    try {
      const fd = yield* settle(open(p.sys, name, O_RDONLY));
      c.archive = name;
      return fd;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  return die(`can't open ${c.archive}[.zip]`);
}

/** The directory; what is wrong with it ends the program. */
function* directory(source: ZipSource): Steps<{ entries: ZipEntry[]; before: number }> {
  const tailSize = Math.min(ZIP_TAIL, source.size);
  const tail = yield* readExactly(source, source.size - tailSize, tailSize);
  try {
    const found = findZipDirectory(tail, source.size);
    const bytes = yield* readExactly(source, found.offset, found.size);
    return { entries: parseZipDirectory(bytes, found.entries), before: found.before };
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    // Told as the original does, which looks for the beginning of a file.
    return die("short read");
  }
}

/** The unpacked data of a file. Errors end the program. */
class Data {
  readonly #p: Process;
  readonly #source: ZipSource;
  readonly #entry: ZipEntry;
  readonly #before: number;

  constructor(p: Process, source: ZipSource, entry: ZipEntry, before: number) {
    this.#p = p;
    this.#source = source;
    this.#entry = entry;
    this.#before = before;
  }

  /** Gives all blocks to `use`. */
  *each(use: (block: Uint8Array) => Steps<void>): Steps<void> {
    const { sys } = this.#p;
    const entry = this.#entry;
    const start = this.#before + entry.offset;
    const source = this.#source;
    let at: number;
    try {
      at = start + zipDataOffset(yield* readExactly(source, start, ZIP_LOCAL_HEADER));
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      die(e.code === "eof" ? "short read" : e.message);
    }
    const end = at + entry.packedSize;
    const chunk = function* (): Steps<Uint8Array> {
      const bytes = yield* source.read(at, Math.min(CHUNK, end - at));
      at += bytes.length;
      return bytes;
    };
    const format = METHODS[entry.method];
    if (format !== undefined) {
      yield* this.#other(format, chunk, use);
      return;
    }
    try {
      const decoder = zipDecoder(entry);
      for (let ended = false; ; ) {
        const block = decoder.read();
        if (block !== undefined) {
          yield* use(block);
          sys.budget -= BLOCK_COST;
          if (sys.budget < 0) yield* sys.sched_yield();
          continue;
        }
        if (decoder.done || ended) break;
        const bytes = yield* chunk();
        if (bytes.length > 0) decoder.push(bytes);
        else {
          decoder.end();
          ended = true;
        }
      }
    } catch (e) {
      if (!(e instanceof FormatError)) throw e;
      if (e.code === "checksum" || e.code === "unsupported") die(e.message);
      yield* this.#p.warnx("corrupted data");
      die("inflate error");
    }
  }

  /** Packed in another way than zip usually does. */
  *#other(
    format: Format,
    chunk: () => Steps<Uint8Array>,
    use: (block: Uint8Array) => Steps<void>,
  ): Steps<void> {
    const entry = this.#entry;
    let first: Uint8Array | undefined;
    if (format === "lzma") {
      // Two bytes of version, two of length, five of properties; a file of its own has the size after them.
      const head = yield* chunk();
      const size = new DataView(new ArrayBuffer(8));
      size.setBigUint64(0, entry.flags & 2 ? 0xffffffffffffffffn : BigInt(entry.size), true);
      first = concat([head.subarray(4, 9), new Uint8Array(size.buffer), head.subarray(9)]);
    }
    const unpacker = new Unpacker(format, function* () {
      const kept = first;
      first = undefined;
      return kept ?? (yield* chunk());
    });
    let crc = 0;
    let size = 0;
    try {
      for (
        let block = yield* unpacker.next();
        block !== undefined;
        block = yield* unpacker.next()
      ) {
        size += block.length;
        if (size > entry.size) throw new PackedError("corrupted data");
        crc = crc32(block, crc);
        yield* use(block);
      }
    } catch (e) {
      if (!(e instanceof PackedError)) throw e;
      yield* this.#p.warnx(e.message);
      die("inflate error");
    }
    if (size !== entry.size || crc !== entry.crc) die("crc error");
  }
}

function dateOf([year, month, day, hour, minute]: ZipEntry["time"]): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(month)}-${two(day)}-${year} ${two(hour)}:${two(minute)}`;
}

function percent(size: number, packed: number): string {
  const saved = size > packed ? Math.trunc(((size - packed) * 100) / size) : 0;
  return `${String(saved).padStart(4)}%`;
}

function listLine(entry: ZipEntry, name: string, verbose: boolean): string {
  const date = dateOf(entry.time);
  if (!verbose) return `${String(entry.size).padStart(9)}  ${date}   ${name}\n`;
  const method =
    entry.method === 0
      ? "Stored"
      : entry.method === 8
        ? "Defl:N"
        : String(entry.method).padStart(6);
  const crc = entry.crc.toString(16).padStart(8, "0");
  return `${String(entry.size).padStart(8)}  ${method}${String(entry.packedSize).padStart(9)}${percent(entry.size, entry.packedSize)} ${date} ${crc}  ${name}\n`;
}

class Unzip {
  readonly #p: Process;
  readonly #c: Command;
  readonly #source: ZipSource;
  readonly #answers: LineReader;
  readonly #late: [name: string, target: string][] = [];

  constructor(p: Process, c: Command, source: ZipSource) {
    this.#p = p;
    this.#c = c;
    this.#source = source;
    this.#answers = new LineReader(p.stdin);
  }

  *#print(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  *run(): Steps<void> {
    const c = this.#c;
    const listing = c.mode === "list" || c.mode === "verbose";
    const verbose = c.mode === "verbose";
    if (c.quiet === 0 && c.mode !== "print" && c.mode !== "test")
      yield* this.#print(`Archive:  ${c.archive}\n`);
    if (listing && c.quiet < 2)
      yield* this.#print(
        verbose
          ? " Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n--------  ------  ------- ---- ---------- ----- --------  ----\n"
          : "  Length      Date    Time    Name\n---------  ---------- -----   ----\n",
      );
    const { entries, before } = yield* directory(this.#source);
    const names = new SafeNames(this.#p);
    let size = 0;
    let packed = 0;
    for (const entry of entries) {
      if (--this.#p.sys.budget < 0) yield* this.#p.sys.sched_yield();
      if (isEncrypted(entry)) die("zip flag 1 (encryption) is not supported");
      const name = yield* names.strip(entry.name);
      if (!this.#wanted(name)) continue;
      size += entry.size;
      packed += entry.packedSize;
      if (listing) {
        yield* this.#print(listLine(entry, name, verbose));
        continue;
      }
      yield* this.#file(entry, name, before);
    }
    if (listing && c.quiet < 2) {
      const files = `${entries.length} files\n`;
      yield* this.#print(
        verbose
          ? `--------          ------- ----                            ----\n${String(size).padStart(8)}${String(packed).padStart(17)}${percent(size, packed)}                            ${files}`
          : ` --------                     -------\n${String(size).padStart(9)}                     ${files}`,
      );
    }
    for (const [name, target] of this.#late) {
      try {
        symlink(this.#p.sys, target, name);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        die(`can't create symlink '${name}' to '${target}'`);
      }
    }
  }

  #wanted(name: string): boolean {
    const { accept, reject } = this.#c;
    if (reject.some((pattern) => fnmatch(pattern, name, 0, false))) return false;
    return accept.length === 0 || accept.some((pattern) => fnmatch(pattern, name, 0, false));
  }

  *#file(entry: ZipEntry, fullName: string, before: number): Steps<void> {
    const c = this.#c;
    const { sys } = this.#p;
    const data = new Data(this.#p, this.#source, entry, before);
    const mode = entry.mode ?? 0;
    const link = S_ISLNK(mode);
    let name = fullName;
    if (c.flat) {
      name = name.endsWith("/") ? "" : lastPart(name);
      if (name === "") return;
    }
    if (name.endsWith("/")) {
      if (c.mode === "extract") yield* this.#directory(name, mode);
      return;
    }
    if (c.mode === "test" || c.mode === "print") {
      const print = c.mode === "print" && !link;
      const { stdout } = this.#p;
      yield* data.each(function* (block) {
        const w = print ? stdout.write(block) : undefined;
        if (w) yield* w;
      });
      return;
    }
    const chosen = yield* this.#choose(name);
    if (chosen === undefined) return;
    name = chosen;
    const parent = dirPart(name);
    if (parent !== "." && !(yield* makeDirectory(this.#p, parent, { parents: true })))
      die("exiting");
    if (c.quiet === 0) yield* this.#print(`  inflating: ${name}\n`);
    if (link) {
      yield* this.#link(name, entry, data);
      return;
    }
    let fd: number;
    try {
      fd = yield* settle(open(sys, name, O_WRONLY | O_CREAT | O_TRUNC, 0o666));
      if (entry.mode !== undefined) sys.fchmod(fd, mode & (c.keepSuid ? 0o7777 : 0o777));
    } catch (e) {
      return dieErrno(`can't open '${name}'`, e);
    }
    try {
      yield* data.each(function* (block) {
        try {
          yield* writeAll(sys, fd, block);
        } catch (e) {
          dieErrno("write error", e);
        }
      });
    } finally {
      sys.close(fd);
    }
  }

  *#directory(name: string, mode: number): Steps<void> {
    const st = this.#p.sys.tryStatat(AT_FDCWD, name, 0);
    if (!(st instanceof Errno)) {
      if (!S_ISDIR(st.mode)) die(`'${name}' exists but is not a directory`);
      return;
    }
    if (st !== ENOENT) dieErrno(`can't stat '${name}'`, st);
    if (this.#c.quiet === 0) yield* this.#print(`   creating: ${name}\n`);
    const path = name.replace(/\/+$/, "");
    if (!(yield* makeDirectory(this.#p, path, { parents: true }))) die("exiting");
    if (mode !== 0) chmod(this.#p.sys, path, mode & 0o777);
  }

  /** The name to write to; undefined when the file is to stay. */
  *#choose(wanted: string): Steps<string | undefined> {
    const c = this.#c;
    let name = wanted;
    for (;;) {
      const st = this.#p.sys.tryStatat(AT_FDCWD, name, 0);
      if (st instanceof Errno) {
        if (st === ENOENT) return name;
        return dieErrno(`can't stat '${name}'`, st);
      }
      if (c.overwrite === "never") return undefined;
      const lst = this.#p.sys.tryStatat(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW);
      if (lst instanceof Errno || !S_ISREG(lst.mode))
        die(`'${name}' exists but is not a regular file`);
      if (c.overwrite === "always") return name;
      const f = this.#p.stdout.puts(`replace ${name}? [y]es, [n]o, [A]ll, [N]one, [r]ename: `);
      if (f) yield* f;
      const answer = yield* this.#answer();
      switch (answer.charAt(0)) {
        case "A":
          c.overwrite = "always";
          return name;
        case "y":
          return name;
        case "N":
          c.overwrite = "never";
          return undefined;
        case "n":
          return undefined;
        case "r":
          yield* this.#print("new name: ");
          name = (yield* this.#answer()).replace(/\n$/, "");
          break;
        default:
          yield* this.#print(`error: invalid response [${answer.replace(/\n$/, "")}]\n`);
      }
    }
  }

  *#answer(): Steps<string> {
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    let line = this.#answers.next();
    if (isSteps(line)) line = yield* line;
    return line ?? die("can't read standard input");
  }

  /** A link that could lead elsewhere is made when all files are there. */
  *#link(name: string, entry: ZipEntry, data: Data): Steps<void> {
    if (entry.size > LINK_MAX) die("corrupted data");
    const parts: Uint8Array[] = [];
    yield* data.each(function* (block) {
      parts.push(block);
    });
    const target = strOf(concat(parts));
    if (target.startsWith("/") || target.includes("..")) {
      this.#late.push([name, target]);
      return;
    }
    try {
      unlink(this.#p.sys, name);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    try {
      symlink(this.#p.sys, target, name);
    } catch (e) {
      dieErrno(`can't create symlink '${name}' to '${target}'`, e);
    }
  }
}

function* main(p: Process): Steps<number> {
  const c = parseArguments(p);
  const fd = yield* openArchive(p, c);
  const source = yield* zipSource(p.sys, fd);
  if (c.dir !== undefined) {
    try {
      p.sys.mkdirat(AT_FDCWD, c.dir, 0o777);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    try {
      p.sys.chdir(c.dir);
    } catch (e) {
      dieErrno(`can't change directory to '${c.dir}'`, e);
    }
  }
  yield* new Unzip(p, c, source).run();
  return 0;
}

export const unzip: Applet = {
  name: "unzip",
  path: "/usr/bin/unzip",
  usage: `[-lnojpqK] FILE[.zip] [MEMBER]... [-x MEMBER]... [-d DIR]

Extract MEMBERs of a zip archive, or all

	-l	List them (-v: with sizes and checksums)
	-t	Only test them
	-p	Write them to stdout
	-n	Never overwrite files
	-o	Overwrite without asking
	-j	All into one directory
	-q	Tell less; twice: still less
	-K	Keep the setuid bit
	-x MEMBER	All but these
	-d DIR	Extract into DIR
`,
  main,
};
