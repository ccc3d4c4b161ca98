// cpio: archives of files (POSIX pax's cpio in the newc format; options as in GNU)
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { CpioReader } from "../../lib/cpio.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { dieErrno, Process, runMain } from "../../libc/process.ts";
import { exitStatus, waitpid } from "../../libc/spawn.ts";
import { LineReader } from "../../libc/stdio.ts";
import { open, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { makeDirectory } from "../libbb/make-directory.ts";
import { type Owner, parseOwner } from "../libbb/owner.ts";
import { readCpio } from "./cpio-read.ts";
import { CpioWriter } from "./cpio-write.ts";
import { Extractor } from "./extract.ts";
import { Feed } from "./feed.ts";

const LONG = {
  extract: "i",
  list: "t",
  create: "o",
  format: "H",
  "pass-through": "p",
  owner: "R",
  verbose: "v",
  null: "0",
  quiet: "quiet",
  "to-stdout": "to-stdout",
  "ignore-devno": "ignore-devno",
  "renumber-inodes": "renumber-inodes",
};

/** Opens -F's file, or takes `otherwise`. */
function* archive(p: Process, opt: Options, flags: number, otherwise: number): Steps<number> {
  const file = opt.get("F");
  if (file === undefined) return otherwise;
  try {
    return yield* settle(open(p.sys, file, flags));
  } catch (e) {
    return dieErrno(`can't open '${file}'`, e);
  }
}

function* create(p: Process, opt: Options, owner: Owner | undefined, fd: number): Steps<number> {
  const writer = new CpioWriter(
    p,
    function* (bytes) {
      try {
        yield* writeAll(p.sys, fd, bytes);
      } catch (e) {
        dieErrno("write error", e);
      }
    },
    {
      follow: opt.has("L"),
      owner,
      renumber: opt.has("renumber-inodes"),
      ignoreDevice: opt.has("ignore-devno"),
    },
  );
  const lines = new LineReader(p.stdin, opt.has("0") ? "\0" : "\n");
  for (;;) {
    let line = lines.next();
    if (isSteps(line)) line = yield* line;
    if (line === undefined) break;
    const name = /[\n\0]$/.test(line) ? line.slice(0, -1) : line;
    if (name !== "") yield* writer.add(name);
  }
  yield* writer.end();
  return 0;
}

function* extract(p: Process, opt: Options, owner: Owner | undefined, fd: number): Steps<number> {
  const { sys } = p;
  const reader = new CpioReader();
  const feed = new Feed(p, fd, reader);
  const list = opt.has("t");
  const toStdout = opt.has("to-stdout");
  const root = sys.geteuid() === 0;
  const size = yield* readCpio(p, reader, feed, {
    extractor:
      list || toStdout
        ? undefined
        : new Extractor(p, {
            existing: "remove",
            owner: root,
            numeric: true,
            permissions: true,
            mtime: opt.has("m"),
            parents: opt.has("d"),
          }),
    toStdout: toStdout && !list,
    show: list ? (opt.has("v") ? "long" : "name") : opt.has("v") ? "name" : "nothing",
    patterns: opt.has("p") ? [] : opt.operands,
    unconditional: opt.has("u"),
    owner,
  });
  const f = p.stdout.flush();
  if (f) yield* f;
  const blocks = Math.ceil(size / 512);
  if (!opt.has("quiet") && blocks > 0) {
    const w = p.stderr.puts(`${blocks} blocks\n`);
    if (w) yield* w;
  }
  return 0;
}

/** -p: what -o writes is what -i reads in DIR. */
function* pass(p: Process, opt: Options, owner: Owner | undefined): Steps<number> {
  const { sys } = p;
  const dir = opt.operands[0];
  if (dir === undefined) p.usageError();
  const [readEnd, writeEnd] = sys.pipe2(0);
  const pid = sys.fork(function* (child) {
    child.close(readEnd);
    const writer = new Process(child, p.argv, p.environ());
    writer.progname = p.progname;
    return yield* runMain(writer, (own) => create(own, opt, owner, writeEnd));
  });
  sys.close(writeEnd);
  if (opt.has("d") && !(yield* makeDirectory(p, dir, { parents: true }))) return 1;
  try {
    sys.chdir(dir);
  } catch (e) {
    dieErrno(`can't change directory to '${dir}'`, e);
  }
  const status = yield* extract(p, opt, undefined, readEnd);
  return exitStatus(yield* waitpid(sys, pid)) || status;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "it0uvdmLF:R:oH:p", { long: LONG });
  const text = opt.get("R");
  const owner = text === undefined ? undefined : yield* parseOwner(p, text);
  const format = opt.get("H");
  if (opt.has("p")) {
    if (opt.has("i") || opt.has("t")) p.usageError();
    return yield* pass(p, opt, owner);
  }
  if (opt.has("o")) {
    if (opt.has("i") || opt.has("t") || format !== "newc") p.usageError();
    const fd = yield* archive(p, opt, O_WRONLY | O_CREAT | O_TRUNC, 1);
    return yield* create(p, opt, owner, fd);
  }
  if (!opt.has("i") && !opt.has("t")) p.usageError();
  return yield* extract(p, opt, owner, yield* archive(p, opt, O_RDONLY, 0));
}

export const cpio: Applet = {
  name: "cpio",
  path: "/usr/bin/cpio",
  usage: `[-dmvu] [-F FILE] [-R USER[:GRP]] [-H newc] [-tio] [-p DIR] [MEMBER]...

Extract (-i) or list (-t) an archive, or make one (-o), or copy (-p), of the
files whose names come on stdin

	-t	List
	-i	Extract MEMBERs, or all
	-o	Write an archive (with -H newc)
	-p DIR	Copy to DIR
	-d	Make missing directories
	-m	Restore times
	-v	Tell names
	-u	Overwrite what is newer, too
	-F FILE	The archive, not stdin or stdout
	-R USER[:GRP]	The owner of all files
	-L	Files that symbolic links lead to instead of links
	-0	Names end in a zero byte
	--ignore-devno, --renumber-inodes	Archives that are the same every time
`,
  main,
};
