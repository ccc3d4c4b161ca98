// unxz, xzcat, unlzma, lzcat, lzma: files of xz(1), only to be unpacked
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { chunksOf, formatOf, PackedError, readAhead, Unpacker, unpackTo } from "./codec.ts";
import { packFiles, type Transform, withoutSuffix } from "./pack-files.ts";

function unxzFile(p: Process): Transform {
  const { sys } = p;
  return function* (from, to) {
    let first: Uint8Array;
    try {
      first = yield* readAhead(sys, from, 2);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      throw new PackedError("read error");
    }
    // As the original has it, what is no xz file unpacks to nothing.
    if (first[0] !== 0xfd || (first.length > 1 && formatOf(first[0], first[1]) !== "xz")) return 0;
    return yield* unpackTo(sys, new Unpacker("xz", chunksOf(sys, from, [first])), to);
  };
}

function unlzmaFile(p: Process): Transform {
  const { sys } = p;
  return function* (from, to) {
    try {
      return yield* unpackTo(sys, new Unpacker("lzma", chunksOf(sys, from)), to);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      throw new PackedError("bad lzma header");
    }
  };
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cfkvqdt");
  if (p.progname === "lzma" && !opt.has("d") && !opt.has("t")) p.usageError();
  if (p.progname === "xzcat" || p.progname === "lzcat") opt.set("c");
  if (p.progname === "unxz" || p.progname === "xzcat")
    return yield* packFiles(p, opt, {
      transform: unxzFile(p),
      rename: (name) => withoutSuffix(name, ".xz"),
    });
  return yield* packFiles(p, opt, {
    transform: unlzmaFile(p),
    rename: (name) => withoutSuffix(name, ".lzma"),
  });
}

const OPTIONS = `	-c	Write to stdout
	-f	Overwrite, and read from a terminal
	-k	Keep FILEs
	-t	Only test
`;

export const unxz: Applet = {
  name: "unxz",
  path: "/usr/bin/unxz",
  usage: `[-cfkt] [FILE]...

Replace each FILE.xz by what it holds, or decompress stdin to stdout

${OPTIONS}`,
  main,
};

export const xzcat: Applet = {
  name: "xzcat",
  path: "/usr/bin/xzcat",
  usage: `[FILE]...

Print what FILEs compressed by xz hold
`,
  main,
};

export const unlzma: Applet = {
  name: "unlzma",
  path: "/usr/bin/unlzma",
  usage: `[-cfkt] [FILE]...

Replace each FILE.lzma by what it holds, or decompress stdin to stdout

${OPTIONS}`,
  main,
};

export const lzcat: Applet = {
  name: "lzcat",
  path: "/usr/bin/lzcat",
  usage: `[FILE]...

Print what FILEs compressed by lzma hold
`,
  main,
};

export const lzma: Applet = {
  name: "lzma",
  path: "/usr/bin/lzma",
  usage: `-d [-cfkt] [FILE]...

Replace each FILE.lzma by what it holds, or decompress stdin to stdout

	-d	Decompress (there is nothing else)
${OPTIONS}`,
  main,
};
