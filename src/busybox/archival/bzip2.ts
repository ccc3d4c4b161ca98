// bzip2, bunzip2, bzcat: files of bzip2(1) 1.0
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { Bzip2 } from "../../lib/bzip2.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Applet } from "../libbb/applet.ts";
import { chunksOf, formatOf, PackedError, packTo, readAhead, Unpacker, unpackTo } from "./codec.ts";
import { packFiles, type Transform, withoutSuffix } from "./pack-files.ts";

function compress(p: Process, level: number): Transform {
  return function* (from, to) {
    try {
      return yield* packTo(p, new Bzip2(level), chunksOf(p.sys, from), to);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      throw new PackedError(`read error: ${strerror(e)}`);
    }
  };
}

function decompress(p: Process): Transform {
  const { sys } = p;
  return function* (from, to) {
    let first: Uint8Array = new Uint8Array(0);
    try {
      first = yield* readAhead(sys, from, 2);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    if (first.length < 2 || formatOf(first[0], first[1]) !== "bzip2")
      throw new PackedError("invalid magic");
    return yield* unpackTo(sys, new Unpacker("bzip2", chunksOf(sys, from, [first])), to);
  };
}

function rename(name: string): string | undefined {
  return withoutSuffix(name, ".bz2");
}

function* bzip2Main(p: Process): Steps<number> {
  const opt = getopt(p, "cfkvqdtzs123456789");
  if (opt.has("d") || opt.has("t"))
    return yield* packFiles(p, opt, { transform: decompress(p), rename });
  const level = Number(opt.lastOf("123456789") ?? 9);
  return yield* packFiles(p, opt, {
    transform: compress(p, level),
    rename: (name) => `${name}.bz2`,
  });
}

function* bunzip2Main(p: Process): Steps<number> {
  const opt = getopt(p, "cfkvqdt");
  if (p.progname === "bzcat") opt.set("c");
  return yield* packFiles(p, opt, { transform: decompress(p), rename });
}

export const bzip2: Applet = {
  name: "bzip2",
  path: "/usr/bin/bzip2",
  usage: `[-cfkdt123456789] [FILE]...

Replace each FILE by a compressed FILE.bz2, or compress stdin to stdout

	-1..9	Size of blocks in 100 kB (default 9)
	-d	Decompress
	-c	Write to stdout
	-f	Overwrite, and write to a terminal
	-k	Keep FILEs
	-t	Only test
`,
  main: bzip2Main,
};

export const bunzip2: Applet = {
  name: "bunzip2",
  path: "/usr/bin/bunzip2",
  usage: `[-cfkt] [FILE]...

Replace each FILE.bz2 by what it holds, or decompress stdin to stdout

	-c	Write to stdout
	-f	Overwrite, and read from a terminal
	-k	Keep FILEs
	-t	Only test
`,
  main: bunzip2Main,
};

export const bzcat: Applet = {
  name: "bzcat",
  path: "/usr/bin/bzcat",
  usage: `[FILE]...

Print what FILEs compressed by bzip2 hold
`,
  main: bunzip2Main,
};
