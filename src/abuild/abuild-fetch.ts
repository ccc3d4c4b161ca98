// abuild-fetch: downloads a source by its URL, once however many ask (abuild-fetch in Alpine's abuild).
import { LOCK_EX, O_CLOEXEC, O_CREAT, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { getopt } from "../libc/getopt.ts";
import { dieErrno, Process, runMain } from "../libc/process.ts";
import { run } from "../libc/spawn.ts";
import { open, rename, tryStat, unlink } from "../libc/unistd.ts";

const USAGE = "usage: abuild-fetch [-d DIR] [NAME::]URL\n";

function* main(p: Process): Steps<number> {
  p.usage = USAGE;
  const opt = getopt(p, "d:h", { min: 0, max: 1 });
  const [source] = opt.operands;
  if (opt.has("h") || source === undefined) p.usageError(undefined, opt.has("h") ? 0 : 1);
  const mark = source.indexOf("::");
  const url = mark < 0 ? source : source.slice(mark + 2);
  const name = mark < 0 ? source.slice(source.lastIndexOf("/") + 1) : source.slice(0, mark);
  const path = `${opt.get("d") ?? "."}/${name}`;
  const lock = `${path}.lock`;
  try {
    let fd = open(p.sys, lock, O_WRONLY | O_CREAT | O_CLOEXEC, 0o660);
    if (isSteps(fd)) fd = yield* fd;
    const locked = p.sys.flock(fd, LOCK_EX);
    if (isSteps(locked)) yield* locked;
  } catch (e) {
    dieErrno(lock, e);
  }
  // Whoever had the lock before may have brought it.
  if (tryStat(p.sys, path) !== undefined) return 0;
  const status = yield* run(p, ["wget", "-c", "-O", `${path}.part`, url]);
  if (status === 0) rename(p.sys, `${path}.part`, path);
  unlink(p.sys, lock);
  return status;
}

/** The program. */
export const abuildFetch: Program = (sys, argv, envp) =>
  runMain(new Process(sys, argv, envp), main);
