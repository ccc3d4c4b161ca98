// How doas remembers that a password was given: a file for each session of a user, good for five minutes.
import { Errno } from "../abi/errno.ts";
import { O_CREAT, O_EXCL, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { S_ISDIR, S_ISREG } from "../libc/stat.ts";
import { mkdir, open, readText, tryLstat, unlink } from "../libc/unistd.ts";

const DIR = "/run/doas";
const SECONDS = 300;

/** The file of this session: the user, the terminal's session and its leader's start, so that ids that come again do not count. */
function* fileOf(sys: Sys, uid: number): Steps<string | undefined> {
  const session = sys.getsid(0);
  const parent = sys.getppid();
  const parts: string[] = [];
  for (const pid of [session, parent]) {
    const stat = yield* readText(sys, `/proc/${pid}/stat`, 4096);
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    const start = fields?.[19];
    if (fields === undefined || start === undefined) return undefined;
    parts.push(String(pid), start);
    // Without a terminal nobody can tell sessions apart.
    if (fields[4] === "0") return undefined;
  }
  return `${DIR}/${parts.join("-")}-${uid}`;
}

/** Was the password given not long ago? */
export function* remembered(sys: Sys, uid: number): Steps<boolean> {
  const path = yield* fileOf(sys, uid);
  const dir = tryLstat(sys, DIR);
  if (path === undefined || dir === undefined || !S_ISDIR(dir.mode)) return false;
  if (dir.uid !== 0 || (dir.mode & 0o77) !== 0) return false;
  const st = tryLstat(sys, path);
  if (st === undefined || !S_ISREG(st.mode) || st.uid !== 0) return false;
  const age = sys.clock_gettime(0).sec - st.mtime.sec;
  return age >= 0 && age < SECONDS;
}

/** Remembers that it was given now. */
export function* remember(sys: Sys, uid: number): Steps<void> {
  const path = yield* fileOf(sys, uid);
  if (path === undefined) return;
  try {
    if (tryLstat(sys, DIR) === undefined) mkdir(sys, DIR, 0o700);
    if (tryLstat(sys, path) !== undefined) unlink(sys, path);
    const call = open(sys, path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    sys.close(isSteps(call) ? yield* call : call);
  } catch (e) {
    // Then it is asked for again.
    if (!(e instanceof Errno)) throw e;
  }
}

/** doas -L: forgets it. */
export function* forget(sys: Sys, uid: number): Steps<void> {
  const path = yield* fileOf(sys, uid);
  if (path !== undefined && tryLstat(sys, path) !== undefined) unlink(sys, path);
}
