// gzip, gunzip, zcat: RFC 1952 files (POSIX's compress options as far as BusyBox has them)
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { Gzip } from "../../lib/gzip.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import {
  chunksOf,
  detect,
  type Format,
  formatOf,
  PackedError,
  packTo,
  readAhead,
  Unpacker,
  unpackTo,
} from "./codec.ts";
import { packFiles, type Transform, withoutSuffix } from "./pack-files.ts";

const LONG = { stdout: "c", "to-stdout": "c", force: "f", test: "t", "no-name": "n" };

function compress(p: Process, level: number): Transform {
  return function* (from, to) {
    try {
      yield* packTo(p, new Gzip({ level }), chunksOf(p.sys, from), to);
    } catch (e) {
      // As the original has it, what cannot be read just ends the file.
      if (!(e instanceof Errno)) throw e;
    }
    return 0;
  };
}

/** Unpacks gzip and, as the original, compress(1)'s files. */
function decompress(p: Process): Transform {
  const { sys } = p;
  return function* (from, to) {
    let first: Uint8Array;
    try {
      first = yield* readAhead(sys, from, 2);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      throw new PackedError("invalid magic");
    }
    const format = formatOf(first[0], first[1]);
    if (first.length < 2 || (format !== "gzip" && format !== "compress"))
      throw new PackedError("invalid magic");
    const unpacker = new Unpacker(format, chunksOf(sys, from, [first]));
    return yield* unpackTo(sys, unpacker, to);
  };
}

function gunzipName(name: string): string | undefined {
  const tgz = withoutSuffix(name, ".tgz");
  if (tgz !== undefined) return `${tgz}.tar`;
  return withoutSuffix(name, ".gz") ?? withoutSuffix(name, ".Z");
}

function* gzipMain(p: Process): Steps<number> {
  const opt = getopt(p, "cfkvqdtn123456789", {
    long: { ...LONG, verbose: "v", quiet: "q", fast: "1", best: "9" },
  });
  if (opt.has("d") || opt.has("t"))
    return yield* packFiles(p, opt, { transform: decompress(p), rename: gunzipName });
  const level = Number(opt.lastOf("123456789") ?? 6);
  return yield* packFiles(p, opt, {
    transform: compress(p, level),
    rename: (name) => `${name}.gz`,
  });
}

function* gunzipMain(p: Process): Steps<number> {
  const opt = getopt(p, "cfkvqdtn", { long: LONG });
  return yield* packFiles(p, opt, { transform: decompress(p), rename: gunzipName });
}

/** zcat tells the format by itself; broken data is told of, but leaves the status as it is. */
function* zcatMain(p: Process): Steps<number> {
  const opt = getopt(p, "cfkvqdtn", { long: LONG });
  const { sys } = p;
  let status = 0;
  for (const name of opt.operands.length === 0 ? ["-"] : opt.operands) {
    let input: Input;
    try {
      input = yield* openInput(p, name);
    } catch (e) {
      yield* p.warn(name, e);
      status = 1;
      continue;
    }
    try {
      const { format, first } = yield* detectOrDie(sys, input.fd);
      const unpacker = new Unpacker(format, chunksOf(sys, input.fd, [first]));
      yield* unpackTo(sys, unpacker, opt.has("t") ? undefined : 1);
    } catch (e) {
      if (!(e instanceof PackedError)) throw e;
      if (e.message.startsWith("write:")) die(e.message.replace("write:", "write error:"));
      yield* p.warnx(e.message);
    } finally {
      closeInput(p, input);
    }
  }
  return status;
}

function* detectOrDie(sys: Sys, fd: number): Steps<{ format: Format; first: Uint8Array }> {
  let first: Uint8Array = new Uint8Array(0);
  let format: Format | undefined;
  try {
    ({ format, first } = yield* detect(sys, fd));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  if (first.length < (first[0] === 0xfd && first[1] === 0x37 ? 6 : 2)) die("short read");
  return { format: format ?? die("no gzip/bzip2/xz magic"), first };
}

export const gzip: Applet = {
  name: "gzip",
  path: "/bin/gzip",
  usage: `[-cfkdt123456789] [FILE]...

Replace each FILE by a compressed FILE.gz, or compress stdin to stdout

	-1..9	How hard to try (default 6)
	-d	Decompress
	-c	Write to stdout
	-f	Overwrite, and write to a terminal
	-k	Keep FILEs
	-t	Only test
	-n	Ignored: names are never stored
`,
  main: gzipMain,
};

export const gunzip: Applet = {
  name: "gunzip",
  path: "/bin/gunzip",
  usage: `[-cfkt] [FILE]...

Replace each FILE.gz, FILE.tgz or FILE.Z by what it holds, or decompress stdin to stdout

	-c	Write to stdout
	-f	Overwrite, and read from a terminal
	-k	Keep FILEs
	-t	Only test
`,
  main: gunzipMain,
};

export const zcat: Applet = {
  name: "zcat",
  path: "/bin/zcat",
  usage: `[FILE]...

Print what FILEs compressed by gzip, compress, bzip2 or xz hold
`,
  main: zcatMain,
};
