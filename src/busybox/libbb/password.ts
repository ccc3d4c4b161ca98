// Passwords: asked for without echo, hashed with crypt(3), compared.
import { EINTR, Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { ECHO, ECHONL } from "../../abi/termios.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { ITOA64 } from "../../lib/crypt/alphabet.ts";
import { crypt } from "../../lib/crypt/crypt.ts";
import { getspnam, type Passwd } from "../../libc/passwd.ts";
import type { Process } from "../../libc/process.ts";
import { TCSAFLUSH, TCSANOW, tcgetattr, tcsetattr } from "../../libc/termios.ts";

/** Longer lines are cut. */
const LINE_MAX = 256;

/** crypt(3), giving way to others while it computes. */
export function* hash(p: Process, key: string, setting: string): Steps<string> {
  const work = crypt(bytesOf(key), setting);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (--p.sys.budget < 0) yield* p.sys.sched_yield();
  }
}

/** A random salt in the form of a method named as for chpasswd -c: "des", "md5", "sha256", anything else is sha512. */
export function randomSetting(p: Process, method: string): string {
  const m = method.toLowerCase();
  const [prefix, length] = m.startsWith("des")
    ? ["", 2]
    : m.startsWith("sha256")
      ? ["$5$", 16]
      : m.startsWith("sha")
        ? ["$6$", 16]
        : ["$1$", 8];
  const random = p.sys.getrandom(length as number);
  return prefix + Array.from(random, (b) => ITOA64.charAt(b & 63)).join("");
}

/** A line of a descriptor, byte by byte so that the rest stays for others; undefined at the end. */
export function* readLine(p: Process, fd: number): Steps<string | undefined> {
  let line = "";
  for (;;) {
    let chunk = p.sys.read(fd, 1);
    if (isSteps(chunk)) chunk = yield* chunk;
    const c = chunk[0];
    if (c === undefined) return line === "" ? undefined : line;
    if (c === 10 || c === 13 || c === 0) return line;
    if (line.length < LINE_MAX) line += String.fromCharCode(c);
  }
}

/** Prompts and reads a password from stdin without echo; undefined at the end of input or on a signal. */
export function* askPassword(p: Process, prompt: string): Steps<string | undefined> {
  const w = p.stdout.puts(prompt) ?? p.stdout.flush();
  if (w) yield* w;
  const f = p.stdout.flush();
  if (f) yield* f;
  let saved: ReturnType<typeof tcgetattr> | undefined;
  try {
    saved = tcgetattr(p.sys, 0);
    const quiet = { ...saved, cc: saved.cc.slice() };
    quiet.lflag &= ~(ECHO | ECHONL);
    yield* tcsetattr(p.sys, 0, TCSAFLUSH, quiet);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  let line: string | undefined;
  try {
    line = yield* readLine(p, 0);
  } catch (e) {
    if (e !== EINTR) throw e;
  } finally {
    // Also while being killed: this never waits.
    if (saved !== undefined) tcsetattr(p.sys, 0, TCSANOW, saved).next();
  }
  const n = p.stdout.puts("\n");
  if (n) yield* n;
  const g = p.stdout.flush();
  if (g) yield* g;
  return line;
}

/** The hash of a user's password: from shadow where there is one. */
export function* passwordOf(p: Process, user: Passwd): Steps<string> {
  if (user.passwd !== "x" && user.passwd !== "*") return user.passwd;
  return (yield* getspnam(p.sys, user.name))?.passwd ?? user.passwd;
}

/** Asks for a user's password and compares; an empty one is not asked for. Undefined users are asked all the same. */
export function* checkPassword(
  p: Process,
  user: Passwd | undefined,
  prompt = "Password: ",
): Steps<boolean> {
  // Looks like a hash, matches nothing.
  let wanted = "$1$$invalid";
  if (user !== undefined) {
    const known = yield* passwordOf(p, user);
    if (known === "") return true;
    if (known.length > 1 && !known.startsWith("!") && !known.startsWith("*")) wanted = known;
  }
  const given = yield* askPassword(p, prompt);
  if (given === undefined) return false;
  return (yield* hash(p, given, wanted)) === wanted;
}

/** Waits as long as a wrong password costs. */
export function* failDelay(p: Process): Steps<void> {
  const call = p.sys.nanosleep(3000);
  if (isSteps(call)) yield* call;
}
