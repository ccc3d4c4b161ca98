// doas: runs a command as another user, by the rules of /etc/doas.conf and /etc/doas.d/*.conf (doas(1)).
import { ENOENT, Errno } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps, type Sys } from "../abi/program.ts";
import { ECHO } from "../abi/termios.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { crypt } from "../lib/crypt/crypt.ts";
import { getopt } from "../libc/getopt.ts";
import { glob } from "../libc/glob.ts";
import { getspnam, type Passwd, parseId, UserDb } from "../libc/passwd.ts";
import { Exit, Process, runMain } from "../libc/process.ts";
import { execvp } from "../libc/spawn.ts";
import { strerror } from "../libc/strerror.ts";
import { TCSAFLUSH, TCSANOW, tcgetattr, tcsetattr } from "../libc/termios.ts";
import { open, readText, tryStat, writeAll } from "../libc/unistd.ts";
import { ConfigError, decide, parseRules, type Request, type Rule } from "./config.ts";
import { forget, remember, remembered } from "./persist.ts";

const USAGE = "usage: doas [-Lns] [-C config] [-u user] command [arg ...]\n";
const SAFE_PATH = "/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin";

function fail(message: string): never {
  throw new Exit(1, `doas: ${message}\n`, true);
}

function* rulesOf(sys: Sys, path: string, trusted: boolean): Steps<Rule[]> {
  const st = tryStat(sys, path);
  const text = yield* readText(sys, path, 1 << 20);
  if (st === undefined || text === undefined)
    return fail(`doas is not enabled, ${path}: No such file or directory`);
  if (trusted && st.uid !== 0) fail(`${path} is not owned by root`);
  if (trusted && (st.mode & 0o022) !== 0) fail(`${path} is writable by group or other`);
  try {
    return parseRules(text);
  } catch (e) {
    if (!(e instanceof ConfigError)) throw e;
    return fail(`syntax error at line ${e.line}`);
  }
}

function* allRules(sys: Sys): Steps<Rule[]> {
  const files = (yield* glob(sys, "/etc/doas.d/*.conf")).sort();
  if (tryStat(sys, "/etc/doas.conf") !== undefined) files.unshift("/etc/doas.conf");
  if (files.length === 0) fail("doas is not enabled, /etc/doas.conf: No such file or directory");
  const rules: Rule[] = [];
  for (const file of files) rules.push(...(yield* rulesOf(sys, file, true)));
  return rules;
}

/** Asks on the terminal for the user's own password. */
function* authenticate(p: Process, user: Passwd): Steps<void> {
  const { sys } = p;
  let fd: number;
  try {
    const call = open(sys, "/dev/tty", O_RDWR);
    fd = isSteps(call) ? yield* call : call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return fail("a tty is required");
  }
  const host = sys.uname().nodename;
  yield* writeAll(sys, fd, bytesOf(`doas (${user.name}@${host}) password: `));
  const saved = tcgetattr(sys, fd);
  yield* tcsetattr(sys, fd, TCSAFLUSH, { ...saved, lflag: saved.lflag & ~ECHO });
  let word = "";
  try {
    for (;;) {
      let chunk = sys.read(fd, 1);
      if (isSteps(chunk)) chunk = yield* chunk;
      const c = strOf(chunk);
      if (c === "" || c === "\n") break;
      if (word.length < 1024) word += c;
    }
  } finally {
    // Also while being killed: this never waits.
    tcsetattr(sys, fd, TCSANOW, saved).next();
  }
  yield* writeAll(sys, fd, bytesOf("\n"));
  sys.close(fd);
  const known =
    user.passwd === "x" ? ((yield* getspnam(sys, user.name))?.passwd ?? "*") : user.passwd;
  // What no password gives takes as long as what one gives.
  const setting = known.length > 1 && !/^[!*]/.test(known) ? known : "$6$none$";
  const work = crypt(bytesOf(word), setting);
  let step = work.next();
  while (step.done !== true) {
    if (--sys.budget < 0) yield* sys.sched_yield();
    step = work.next();
  }
  if (known === "" || step.value !== known) fail("Authentication failed");
}

/** The command's environment. */
function environmentOf(p: Process, rule: Rule, user: Passwd, target: Passwd): Map<string, string> {
  const shell = target.shell || "/bin/sh";
  const env = new Map(rule.keepenv ? p.env : []);
  env.set("DOAS_USER", user.name);
  env.set("HOME", target.dir);
  env.set("LOGNAME", target.name);
  if (!rule.keepenv) env.set("PATH", SAFE_PATH);
  env.set("SHELL", shell);
  env.set("USER", target.name);
  for (const name of ["DISPLAY", "TERM"]) {
    const value = p.env.get(name);
    if (value !== undefined) env.set(name, value);
  }
  for (const entry of rule.setenv) {
    const eq = entry.indexOf("=");
    if (entry.startsWith("-")) env.delete(entry.slice(1));
    else if (eq > 0) {
      const value = entry.slice(eq + 1);
      const given = value.startsWith("$") ? p.env.get(value.slice(1)) : value;
      if (given !== undefined) env.set(entry.slice(0, eq), given);
    } else {
      const value = p.env.get(entry);
      if (value !== undefined) env.set(entry, value);
    }
  }
  return env;
}

function* findUser(db: UserDb, word: string): Steps<Passwd | undefined> {
  const id = parseId(word);
  return (yield* db.getpwnam(word)) ?? (id === undefined ? undefined : yield* db.getpwuid(id));
}

/** doas -C: is the file right, and what would it say? */
function* check(p: Process, path: string, request: Request): Steps<number> {
  const rules = yield* rulesOf(p.sys, path, false);
  if (request.command === undefined) return 0;
  const rule = decide(rules, request);
  const permit = rule?.permit === true;
  const w = p.stdout.puts(permit ? `permit${rule.nopass ? " nopass" : ""}\n` : "deny\n");
  if (w) yield* w;
  return permit ? 0 : 1;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  p.usage = USAGE;
  const opt = getopt(p, "+C:Lnsu:");
  const uid = sys.getuid();
  const db = new UserDb(sys);
  const user = (yield* db.getpwuid(uid)) ?? fail("no passwd entry for self");
  const config = opt.get("C");
  if (opt.has("L")) {
    if (sys.geteuid() === 0) yield* forget(sys, uid);
    return 0;
  }
  const shell = opt.has("s");
  if (
    (opt.operands.length === 0 && !shell && config === undefined) ||
    (shell && opt.operands.length > 0)
  )
    throw new Exit(1, USAGE, true);
  const target = (yield* findUser(db, opt.get("u") ?? "root")) ?? fail("unknown user");
  const argv = shell ? [p.env.get("SHELL") || user.shell || "/bin/sh"] : opt.operands;
  const groups: { name: string; gid: number }[] = [];
  for (const gid of [sys.getgid(), ...sys.getgroups()])
    groups.push({ gid, name: (yield* db.getgrgid(gid))?.name ?? String(gid) });
  const request: Request = {
    user: user.name,
    uid,
    groups,
    target: target.name,
    targetUid: target.uid,
    command: argv[0],
    args: argv.slice(1),
  };
  if (config !== undefined) return yield* check(p, config, request);
  if (sys.geteuid() !== 0) fail("not installed setuid");
  const rule = decide(yield* allRules(sys), request);
  if (rule === undefined || !rule.permit) return fail("Operation not permitted");
  if (!rule.nopass && !(rule.persist && (yield* remembered(sys, uid)))) {
    if (opt.has("n")) fail("Authentication required");
    yield* authenticate(p, user);
    if (rule.persist) yield* remember(sys, uid);
  }
  const env = environmentOf(p, rule, user, target);
  sys.umask(0o022);
  sys.setgroups(yield* db.getgrouplist(target.name, target.gid));
  sys.setresgid(target.gid, target.gid, target.gid);
  sys.setresuid(target.uid, target.uid, target.uid);
  // A rule for one command must not run another of that name.
  const path = rule.command === undefined ? p.env.get("PATH") : SAFE_PATH;
  try {
    const envp = Array.from(env, ([name, value]) => `${name}=${value}`);
    return yield* execvp(sys, argv, envp, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return fail(`${argv[0]}: ${e === ENOENT ? "command not found" : strerror(e)}`);
  }
}

const doas: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  return runMain(p, main);
};

/** The program by its name. */
export function doasPrograms(): [name: string, program: Program][] {
  return [["doas", doas]];
}
