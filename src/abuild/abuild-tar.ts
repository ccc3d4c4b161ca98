// abuild-tar: a filter for tar archives: adds apk's checksums, or takes the end mark away (abuild-tar in Alpine's abuild).
import type { Program, Steps } from "../abi/program.ts";
import { bytesOf, concat } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { Sha1 } from "../lib/sha1.ts";
import { type TarFile, TarReader, tarEnd, tarHeader, tarPadding } from "../lib/tar.ts";
import { getopt } from "../libc/getopt.ts";
import { die, Process, runMain } from "../libc/process.ts";
import { hex } from "./archive.ts";

const USAGE = `usage: abuild-tar [--hash[=sha1]] [--cut]

Reads a tar archive from stdin and writes it to stdout.

Options:
  --hash   Add the checksums of files and links that apk wants
  --cut    Leave the end mark away, so that another archive can follow
`;

/** A file in memory: packages are made of files that fit. */
const FILE_MAX = 0x4000_0000;

function* fill(p: Process, tar: TarReader): Steps<void> {
  const reading = p.stdin.read();
  const chunk = reading instanceof Uint8Array ? reading : yield* reading;
  if (chunk.length === 0) tar.end();
  else tar.push(chunk);
}

function* next(p: Process, tar: TarReader): Steps<TarFile | undefined> {
  for (;;) {
    const file = tar.next();
    if (file !== undefined || !tar.needsInput) return file;
    yield* fill(p, tar);
  }
}

function* data(p: Process, tar: TarReader, size: number): Steps<Uint8Array> {
  if (size > FILE_MAX) die("file too big");
  const chunks: Uint8Array[] = [];
  while (tar.dataLeft > 0) {
    const piece = tar.read();
    if (piece === undefined) yield* fill(p, tar);
    else chunks.push(piece);
  }
  return concat(chunks);
}

function* main(p: Process): Steps<number> {
  p.usage = USAGE;
  const opt = getopt(p, "", { long: { hash: "hash::", cut: "cut", help: "help" }, max: 0 });
  if (opt.has("help")) {
    const w = p.stdout.puts(USAGE);
    if (w) yield* w;
    return 0;
  }
  const hash = opt.has("hash");
  if (hash && !["sha1", undefined].includes(opt.get("hash"))) die("--hash: only sha1 is known");
  if (!hash && !opt.has("cut")) p.usageError();
  const tar = new TarReader();
  try {
    for (;;) {
      const file = yield* next(p, tar);
      if (file === undefined) break;
      const bytes = yield* data(p, tar, file.size);
      const pax = new Map(
        [...file.pax].filter(([key]) => !/^(path|linkpath|size|.time)$/.test(key)),
      );
      const summed = file.type === "2" ? bytesOf(file.linkname) : bytes;
      if (hash && (file.type === "0" || file.type === "2"))
        pax.set("APK-TOOLS.checksum.SHA1", hex(new Sha1().update(summed).digest()));
      const w = p.stdout.write(concat([tarHeader(file, pax), bytes, tarPadding(bytes.length)]));
      if (w) yield* w;
    }
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    die(e.message);
  }
  const w = opt.has("cut") ? undefined : p.stdout.write(tarEnd());
  if (w) yield* w;
  return 0;
}

/** The program. */
export const abuildTar: Program = (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);
