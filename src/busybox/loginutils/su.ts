// su: a shell as another user (as in shadow-utils)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { changeIdentity, needRoot, runShell, setupEnvironment } from "../libbb/become-user.ts";
import { checkPassword, failDelay } from "../libbb/password.ts";

/** Is the shell one of /etc/shells? (Those of accounts that nobody logs in to are not.) */
function* isListed(p: Process, shell: string): Steps<boolean> {
  const text = (yield* readText(p.sys, "/etc/shells")) ?? "/bin/sh\n/bin/ash\n";
  return text.split("\n").includes(shell);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "mplc:s:");
  let operands = opt.operands;
  let login = opt.has("l");
  if (operands[0] === "-") {
    login = true;
    operands = operands.slice(1);
  }
  needRoot(p);
  const name = operands[0] ?? "root";
  const user = (yield* new UserDb(p.sys).getpwnam(name)) ?? die(`unknown user ${name}`);
  const byRoot = p.sys.getuid() === 0;
  if (!byRoot && !(yield* checkPassword(p, user))) {
    yield* failDelay(p);
    die("incorrect password");
  }
  const keep = opt.has("m") || opt.has("p");
  let shell = opt.get("s") ?? (keep ? p.env.get("SHELL") : undefined) ?? "";
  const own = user.shell === "" ? "/bin/sh" : user.shell;
  // Who has a special shell cannot choose another, unless root chooses for him.
  if (shell === "" || (!byRoot && !(yield* isListed(p, own)))) shell = own;
  yield* changeIdentity(p, user);
  yield* setupEnvironment(p, user, shell, { login, preserve: keep, identify: login || !keep });
  const command = opt.get("c");
  const args = command === undefined ? operands.slice(1) : ["-c", command, ...operands.slice(1)];
  return yield* runShell(p, shell, login, args);
}

export const su: Applet = {
  name: "su",
  path: "/bin/su",
  suid: true,
  usage: `[-lmp] [-s SH] [-] [USER [FILE ARGS | -c 'CMD' [ARG0 ARGS]]]

Run a shell as USER (root unless told)

	-,-l	A login shell: at home, with a new environment
	-p,-m	Leave $HOME, $SHELL, $USER, $LOGNAME as they are
	-c CMD	Give CMD to the shell
	-s SH	This shell, not the user's own
`,
  main,
};
