// abuild-gzsplit: cuts a package from stdin into its streams (abuild-gzsplit in Alpine's abuild).
import type { Program, Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { Gunzip } from "../lib/gzip.ts";
import { die, dieErrno, Process, runMain } from "../libc/process.ts";
import { readAll, writeFile } from "../libc/unistd.ts";

const NAMES = ["signatures.tar.gz", "control.tar.gz", "data.tar.gz"];

/** Where the members of a file begin. */
function memberStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  const gunzip = new Gunzip();
  gunzip.push(bytes);
  gunzip.end();
  // A member is known to have begun once some of it was read.
  while (gunzip.read() !== undefined || !gunzip.done) {
    if (starts.at(-1) !== gunzip.memberStart) starts.push(gunzip.memberStart);
  }
  return starts;
}

function* main(p: Process): Steps<number> {
  if (p.argv.length > 1) p.usageError("usage: abuild-gzsplit < FILE.apk");
  const bytes = yield* readAll(p.sys, 0);
  let starts: number[];
  try {
    starts = memberStarts(bytes);
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    return die(e.message);
  }
  // Without a signature there are two.
  const names = NAMES.slice(Math.max(0, NAMES.length - starts.length));
  if (starts.length > NAMES.length) die("too many streams: no package");
  for (const [i, name] of names.entries()) {
    try {
      yield* writeFile(p.sys, name, bytes.subarray(starts[i], starts[i + 1]));
    } catch (e) {
      dieErrno(name, e);
    }
  }
  return 0;
}

/** The program. */
export const abuildGzsplit: Program = (sys, argv, envp) =>
  runMain(new Process(sys, argv, envp), main);
