// login: begins a session on a terminal (login(1))
import { EINTR, Errno } from "../../abi/errno.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import { type Passwd, UserDb } from "../../libc/passwd.ts";
import { die, Exit, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import { isatty } from "../../libc/stdio.ts";
import { readlink, readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { changeIdentity, needRoot, runShell, setupEnvironment } from "../libbb/become-user.ts";
import { checkPassword, failDelay, readLine } from "../libbb/password.ts";

const TRIES = 3;
const TIMEOUT_S = 60;
const NAME_MAX = 64;

class Login {
  readonly #p: Process;
  readonly #deadline: number;
  readonly #timeout: number;

  constructor(p: Process, timeout: number) {
    this.#p = p;
    this.#timeout = timeout;
    this.#deadline = timeout > 0 ? p.sys.clock_gettime(CLOCK_MONOTONIC).sec + timeout : 0;
  }

  *say(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
    const f = this.#p.stdout.flush();
    if (f) yield* f;
  }

  /** Waits for a key, and ends the program when the time is over. */
  *#await(): Steps<void> {
    const { sys } = this.#p;
    if (this.#timeout <= 0) return;
    for (;;) {
      const left = (this.#deadline - sys.clock_gettime(CLOCK_MONOTONIC).sec) * 1000;
      try {
        const fds = [{ fd: 0, events: POLLIN, revents: 0 }];
        let n = sys.poll(fds, Math.max(0, left));
        if (isSteps(n)) n = yield* n;
        if (n > 0) return;
      } catch (e) {
        if (e !== EINTR) throw e;
        continue;
      }
      yield* this.say(`\r\nLogin timed out after ${this.#timeout} seconds\r\n`);
      throw new Exit(0);
    }
  }

  *askName(): Steps<string> {
    const p = this.#p;
    for (let empty = 0; empty < TRIES; empty++) {
      yield* this.say(`${p.sys.uname().nodename} login: `);
      yield* this.#await();
      const line = yield* readLine(p, 0);
      if (line === undefined) throw new Exit(1);
      const name = line.trim();
      if (name !== "" && /^[ -~]+$/.test(name)) return name.slice(0, NAME_MAX);
    }
    throw new Exit(1);
  }

  *authenticate(user: Passwd | undefined): Steps<boolean> {
    yield* this.#await0();
    return yield* checkPassword(this.#p, user);
  }

  *#await0(): Steps<void> {
    if (this.#timeout > 0 && this.#p.sys.clock_gettime(CLOCK_MONOTONIC).sec >= this.#deadline)
      yield* this.#await();
  }
}

/** May root log in here? /etc/securetty lists the terminals. */
function* isSecure(p: Process, tty: string): Steps<boolean> {
  const text = yield* readText(p.sys, "/etc/securetty");
  return text === undefined || text.split("\n").includes(tty);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "f:h:p", { max: 1 });
  needRoot(p);
  const { sys } = p;
  const forced = opt.get("f");
  let name = forced ?? opt.operands[0];
  if (forced !== undefined && sys.getuid() !== 0) die("-f is for root only");
  if (!isatty(sys, 0) || !isatty(sys, 1) || !isatty(sys, 2)) return 1;
  let tty = "UNKNOWN";
  try {
    tty = readlink(sys, "/proc/self/fd/0").replace(/^\/dev\//, "");
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  const seconds = Number(p.env.get("LOGIN_TIMEOUT") ?? TIMEOUT_S);
  const session = new Login(p, Number.isFinite(seconds) ? seconds : TIMEOUT_S);
  const db = new UserDb(sys);
  let user: Passwd | undefined;
  for (let tries = 0; ; ) {
    name ??= yield* session.askName();
    user = yield* db.getpwnam(name);
    if (forced !== undefined && user !== undefined) break;
    if (user?.uid === 0 && !(yield* isSecure(p, tty))) user = undefined;
    if ((yield* session.authenticate(user)) && user !== undefined) break;
    yield* failDelay(p);
    yield* session.say("Login incorrect\n");
    if (++tries === TRIES) return 1;
    name = undefined;
  }
  if (user.uid !== 0) {
    const closed = yield* readText(sys, "/etc/nologin");
    if (closed !== undefined) {
      yield* session.say(closed === "" ? "\r\nSystem closed for routine maintenance\r\n" : closed);
      return 1;
    }
  }
  try {
    sys.fchown(0, user.uid, user.gid);
    sys.fchmod(0, 0o600);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  const script = p.env.get("LOGIN_PRE_SUID_SCRIPT");
  if (script !== undefined) {
    p.env.set("LOGIN_TTY", tty);
    p.env.set("LOGIN_USER", user.name);
    p.env.set("LOGIN_UID", String(user.uid));
    p.env.set("LOGIN_GID", String(user.gid));
    p.env.set("LOGIN_SHELL", user.shell);
    yield* run(p, [script]);
  }
  yield* changeIdentity(p, user);
  const shell = user.shell === "" ? "/bin/sh" : user.shell;
  yield* setupEnvironment(p, user, shell, { login: true, preserve: opt.has("p"), identify: true });
  const motd = yield* readText(sys, "/etc/motd");
  if (motd !== undefined) yield* session.say(motd);
  return yield* runShell(p, shell, true, []);
}

export const login: Applet = {
  name: "login",
  path: "/bin/login",
  suid: true,
  usage: `[-p] [-h HOST] [[-f] USER]

Begin a session on the system

	-f	The user has been checked already
	-h HOST	Where he came from
	-p	Keep the environment

$LOGIN_TIMEOUT		Seconds until it gives up (60; 0: never)
$LOGIN_PRE_SUID_SCRIPT	To be run before the user id changes
`,
  main,
};
