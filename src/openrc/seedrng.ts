// seedrng: gives the kernel's random numbers a seed of the last boot, and keeps one for the next (seedrng).
import { EEXIST, ENOENT, Errno } from "../abi/errno.ts";
import { LOCK_EX, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import { Sha256 } from "../lib/sha256.ts";
import { strerror } from "../libc/strerror.ts";
import { mkdir, open, readFile, readText, rename, unlink, writeFile } from "../libc/unistd.ts";
import { failure } from "./librc/dirs.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "",
  options: [
    ["seed-dir", "seed-dir", "<arg>", "Where seeds are kept"],
    ["skip-credit", "skip-credit", "", "Seeds do not count as randomness"],
  ],
};

const DEFAULT_DIR = "/var/lib/seedrng";
const CREDITABLE = "seed.credit";
const NON_CREDITABLE = "seed.no-credit";
const MIN_LENGTH = 32;
const MAX_LENGTH = 512;
const RNDADDENTROPY = 0x40085203;

function* sync(rc: Rc, path: string): Steps<void> {
  let fd = open(rc.sys, path, O_RDONLY | O_CLOEXEC);
  if (isSteps(fd)) fd = yield* fd;
  const call = rc.sys.fsync(fd);
  if (isSteps(call)) yield* call;
  rc.sys.close(fd);
}

/** Uses up one seed; false when that went wrong. */
function* useSeed(
  rc: Rc,
  dir: string,
  name: string,
  credit: boolean,
  hash: Sha256,
): Steps<boolean> {
  const { sys, einfo, applet } = rc;
  const path = `${dir}/${name}`;
  let what = "open seed file";
  try {
    const seed = (yield* readFile(sys, path)).subarray(0, MAX_LENGTH);
    // A seed is used once: it has to be gone before it is.
    what = "remove seed after reading, so not seeding";
    unlink(sys, path);
    yield* sync(rc, dir);
    if (seed.length === 0) return true;
    hash.update(seed);
    const how = credit ? "and" : "without";
    yield* einfo.einfo(`Seeding ${seed.length * 8} bits ${how} crediting`);
    what = "seed";
    let fd = open(sys, "/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    const bits = credit ? seed.length * 8 : 0;
    const call = sys.ioctl(fd, RNDADDENTROPY, { entropyCount: bits, bytes: seed });
    if (isSteps(call)) yield* call;
    sys.close(fd);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (e === ENOENT && what === "open seed file") return true;
    yield* einfo.eerror(`${applet}: Unable to ${what}: ${strerror(e)}`);
    return false;
  }
}

function* newLength(rc: Rc): Steps<number> {
  const text = yield* readText(rc.sys, "/proc/sys/kernel/random/poolsize");
  if (text === undefined)
    yield* rc.einfo.ewarn(
      `${rc.applet}: Unable to determine pool size, falling back to ${MIN_LENGTH * 8} bits: No such file or directory`,
    );
  const bytes = Math.ceil((Number.parseInt(text ?? "", 10) || 0) / 8);
  return Math.max(MIN_LENGTH, Math.min(MAX_LENGTH, bytes));
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  let dir = DEFAULT_DIR;
  let skipCredit = false;
  yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "seed-dir") dir = value;
    else skipCredit = true;
  });
  if (sys.getuid() !== 0) yield* einfo.eerrorx(`${applet}: superuser access is required`);
  sys.umask(0o077);
  const refused = failure(() => mkdir(sys, dir, 0o700));
  if (refused !== undefined && refused !== EEXIST)
    yield* einfo.eerrorx(`${applet}: Unable to create seed directory: ${strerror(refused)}`);
  try {
    let fd = open(sys, dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    const call = sys.flock(fd, LOCK_EX);
    if (isSteps(call)) yield* call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.eerrorx(`${applet}: Unable to lock seed directory: ${strerror(e)}`);
  }
  const hash = new Sha256().update(bytesOf(`Bivy seed ${JSON.stringify(sys.clock_gettime(0))}`));
  let status = 0;
  if (!(yield* useSeed(rc, dir, NON_CREDITABLE, false, hash))) status |= 2;
  if (!(yield* useSeed(rc, dir, CREDITABLE, !skipCredit, hash))) status |= 4;
  return yield* keep(rc, dir, hash, status);
}

/** Writes the seed for the next boot: its last part depends on all seeds before. */
function* keep(rc: Rc, dir: string, hash: Sha256, status: number): Steps<number> {
  const { sys, einfo, applet } = rc;
  const seed = sys.getrandom(yield* newLength(rc)).slice();
  seed.set(hash.update(seed).digest(), seed.length - 32);
  yield* einfo.einfo(`Saving ${seed.length * 8} bits of creditable seed for next boot`);
  const path = `${dir}/${NON_CREDITABLE}`;
  try {
    yield* writeFile(sys, path, seed, 0o400);
    yield* sync(rc, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.eerror(`${applet}: Unable to write seed file: ${strerror(e)}`);
    return status | 0x20;
  }
  const error = failure(() => rename(sys, path, `${dir}/${CREDITABLE}`));
  if (error === undefined) return status;
  yield* einfo.ewarn(`${applet}: Unable to make new seed creditable: ${strerror(error)}`);
  return status | 0x40;
}

/** The program. */
export const seedrng: Program = rcProgram(main);
