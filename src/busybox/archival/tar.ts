// tar: archives of files (ustar and GNU's variant; options as in GNU)
import { Errno } from "../../abi/errno.ts";
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, SEEK_CUR } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { TarReader } from "../../lib/tar.ts";
import { FNM_LEADING_DIR, fnmatch } from "../../libc/fnmatch.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { LineReader } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openOrDie } from "../libbb/inputs.ts";
import { xatou } from "../libbb/numbers.ts";
import { detect, type Format } from "./codec.ts";
import { Extractor } from "./extract.ts";
import { Feed } from "./feed.ts";
import { MemberFilter } from "./member-names.ts";
import { readTar } from "./tar-read.ts";
import { sinkFor } from "./tar-sink.ts";
import { TarWriter } from "./tar-write.ts";

const SPEC = "txC:f:OopvkchjT:X:zJZam";

const LONG = {
  list: "t",
  extract: "x",
  directory: "C",
  file: "f",
  "to-stdout": "O",
  "no-same-owner": "o",
  "same-permissions": "p",
  verbose: "v",
  "keep-old": "k",
  create: "c",
  dereference: "h",
  bzip2: "j",
  "files-from": "T",
  "exclude-from": "X",
  gzip: "z",
  xz: "J",
  compress: "Z",
  "auto-compress": "a",
  touch: "m",
  lzma: "lzma",
  "strip-components": "strip-components:",
  "no-recursion": "no-recursion",
  "numeric-owner": "numeric-owner",
  "no-same-permissions": "no-same-permissions",
  overwrite: "overwrite",
  exclude: "exclude:",
};

/** "cfC x dir" as "-c -f x -C dir": letters without a dash take their values from the words that follow. */
function modernArguments(p: Process): string[] {
  const [first, ...rest] = p.argv.slice(1);
  if (first === undefined || first.startsWith("-")) return p.argv.slice(1);
  const args: string[] = [];
  for (const letter of first) {
    args.push(`-${letter}`);
    if (!SPEC.includes(`${letter}:`)) continue;
    const value = rest.shift();
    if (value === undefined) p.usageError(`option requires an argument: ${letter}`);
    args.push(value);
  }
  return [...args, ...rest];
}

/** The format that options name for reading or writing. */
function formatOption(opt: Options): Format | undefined {
  if (opt.has("z")) return "gzip";
  if (opt.has("j")) return "bzip2";
  if (opt.has("J")) return "xz";
  if (opt.has("Z")) return "compress";
  return opt.has("lzma") ? "lzma" : undefined;
}

/** The format that -a takes from the end of a name. */
function formatOfName(name: string): Format | undefined {
  if (/gz$/.test(name)) return "gzip";
  if (/bz2$/.test(name)) return "bzip2";
  if (/xz$/.test(name)) return "xz";
  if (/lzma$/.test(name)) return "lzma";
  return /Z$/.test(name) ? "compress" : undefined;
}

/** Lines of all files that an option names. */
function* listed(p: Process, files: readonly string[]): Steps<string[]> {
  const all: string[] = [];
  for (const file of files) {
    const input = yield* openOrDie(p, file);
    const lines = new LineReader(input);
    for (;;) {
      let line = lines.next();
      if (isSteps(line)) line = yield* line;
      if (line === undefined) break;
      all.push(line.endsWith("\n") ? line.slice(0, -1) : line);
    }
    closeInput(p, input);
  }
  return all;
}

function* create(
  p: Process,
  opt: Options,
  names: readonly string[],
  exclude: readonly string[],
): Steps<number> {
  const { sys } = p;
  const file = opt.get("f") ?? "-";
  let fd = 1;
  if (file !== "-") {
    try {
      fd = yield* settle(open(sys, file, O_WRONLY | O_CREAT | O_TRUNC));
    } catch (e) {
      dieErrno(`can't open '${file}'`, e);
    }
  }
  changeDirectory(p, opt);
  if (names.length === 0) die("empty archive");
  const format = formatOption(opt) ?? (opt.has("a") ? formatOfName(file) : undefined);
  const st = sys.fstat(fd);
  const sink = yield* sinkFor(p, fd, format);
  const writer = new TarWriter(p, sink, {
    follow: opt.has("h"),
    recursive: !opt.has("no-recursion"),
    numeric: opt.has("numeric-owner"),
    excluded: (path) => exclude.some((pattern) => excludes(pattern, path)),
    verbose: opt.has("v") ? (fd === 1 ? p.stderr : p.stdout) : undefined,
    self: S_ISREG(st.mode) ? st : undefined,
  });
  yield* writer.begin();
  for (const name of names) yield* writer.add(name);
  yield* writer.end();
  if (writer.failed) die("error exit delayed from previous errors");
  return 0;
}

/** Does the pattern match the path, or the path from any of its slashes on? */
function excludes(pattern: string, path: string): boolean {
  for (let at = 0; ; ) {
    if (fnmatch(pattern, path.slice(at), FNM_LEADING_DIR, false)) return true;
    at = path.indexOf("/", at) + 1;
    if (at === 0) return false;
  }
}

function changeDirectory(p: Process, opt: Options): void {
  const dir = opt.get("C");
  if (dir === undefined) return;
  try {
    p.sys.chdir(dir);
  } catch (e) {
    dieErrno(`can't change directory to '${dir}'`, e);
  }
}

function* read(p: Process, opt: Options, filter: MemberFilter, strip: number): Steps<number> {
  const { sys } = p;
  const file = opt.get("f") ?? "-";
  let fd = 0;
  if (file !== "-") {
    try {
      fd = yield* settle(open(sys, file, O_RDONLY));
    } catch (e) {
      dieErrno(`can't open '${file}'`, e);
    }
  }
  changeDirectory(p, opt);
  let format = formatOption(opt);
  let first: Uint8Array = new Uint8Array(0);
  try {
    if (format !== undefined) first = yield* checkMagic(p, fd, format);
    else if (isSeekable(p, fd)) ({ format, first } = yield* detect(sys, fd));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  const reader = new TarReader();
  const feed = new Feed(p, fd, reader, format, [first]);
  const root = sys.geteuid() === 0;
  const extractor =
    opt.has("x") && !opt.has("O")
      ? new Extractor(p, {
          existing: opt.has("k") ? "keep" : opt.has("overwrite") ? "over" : "remove",
          owner: !opt.has("o") && root,
          numeric: opt.has("numeric-owner"),
          permissions: !opt.has("no-same-permissions") && root,
          mtime: !opt.has("m"),
          parents: true,
        })
      : undefined;
  const verbose = opt.count("v") + (opt.has("t") ? 1 : 0);
  yield* readTar(p, reader, feed, {
    extractor,
    toStdout: opt.has("O"),
    show: verbose > 1 ? "long" : verbose === 1 ? "name" : "nothing",
    filter,
    stripComponents: strip,
  });
  yield* feed.drain();
  return feed.broken ? 1 : 0;
}

/** The two bytes that a format named by an option must begin with. */
function* checkMagic(p: Process, fd: number, format: Format): Steps<Uint8Array> {
  if (format === "lzma") return new Uint8Array(0);
  const found = yield* detect(p.sys, fd);
  if (found.format !== format) {
    if (format !== "xz") yield* p.warnx("invalid magic");
    throw new Exit(1, "short read");
  }
  return found.first;
}

function isSeekable(p: Process, fd: number): boolean {
  try {
    p.sys.lseek(fd, 0, SEEK_CUR);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}

function* main(p: Process): Steps<number> {
  if (p.argv[1] === "--version") {
    const w = p.stdout.puts("tar (busybox) 1.36.1\n");
    if (w) yield* w;
    return 0;
  }
  const opt = getopt(
    p,
    SPEC,
    { long: LONG, required: ["txc"], exclusive: ["txc"] },
    modernArguments(p),
  );
  const strip = xatou(opt.get("strip-components") ?? "0");
  const exclude = [...opt.all("exclude"), ...(yield* listed(p, opt.all("X")))];
  const names = [...(yield* listed(p, opt.all("T"))), ...opt.operands];
  if (opt.has("c")) return yield* create(p, opt, names, exclude);
  return yield* read(p, opt, new MemberFilter(names, exclude), strip);
}

export const tar: Applet = {
  name: "tar",
  path: "/bin/tar",
  usage: `c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [-T FILE] [-X FILE] [LONGOPT]... [FILE]...

Put FILEs into an archive, take them out of it, or list what it holds

	c	Create
	x	Extract
	t	List
	-f FILE	The archive (default, and "-": stdin or stdout)
	-C DIR	Go to DIR first
	-v	Tell the names; twice: tell all
	-O	Extract to stdout
	-m	Leave the time of extraction
	-o	Leave the owner as who extracts
	-k	Fail where a file is there already
	-z,-j,-J,-Z,--lzma
		Compressed by gzip, bzip2, xz, compress, lzma (found out when reading a file)
	-a	Compress as the name of the archive ends
	-h	Files that symbolic links lead to instead of links
	-T FILE	Names from FILE
	-X FILE	Patterns to exclude from FILE
	--exclude PATTERN	Leave out
	--overwrite		Write over files that are there
	--strip-components NUM	Take NUM parts from the beginning of names
	--no-recursion		Directories without what is in them
	--numeric-owner		Numbers of users, not names
	--no-same-permissions	The umask counts
`,
  main,
};
