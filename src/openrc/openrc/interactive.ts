// Interactive boot: a key, and one question for each service (rc_interactive).
import { isSteps, type Steps } from "../../abi/program.ts";
import { ECHO, ICANON, TCSETS, VMIN, VTIME } from "../../abi/termios.ts";
import { strOf } from "../../lib/bytes.ts";
import { UserDb } from "../../libc/passwd.ts";
import { isatty } from "../../libc/stdio.ts";
import { TCSANOW, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import { yesno } from "../librc/conf.ts";
import type { Rc } from "../librc/rc.ts";
import type { Abort } from "../librc/signals.ts";
import { runProgram } from "./run-program.ts";

/** A key from the terminal; "" when none was pressed, or there is no terminal. */
function* readKey(rc: Rc, wait: boolean): Steps<string> {
  const { sys } = rc;
  if (!isatty(sys, 0)) return "";
  const before = tcgetattr(sys, 0);
  const cc = before.cc.slice();
  cc[VMIN] = wait ? 1 : 0;
  cc[VTIME] = 0;
  const raw = { ...before, lflag: before.lflag & ~(ICANON | ECHO), cc };
  yield* tcsetattr(sys, 0, TCSANOW, raw);
  try {
    let key = sys.read(0, 1);
    if (isSteps(key)) key = yield* key;
    return strOf(key);
  } finally {
    sys.ioctl(0, TCSETS, before);
  }
}

/** Has somebody pressed I? */
export function* wantInteractive(rc: Rc): Steps<boolean> {
  if (yesno(rc.env("EINFO_QUIET")) === true) return false;
  const conf = yield* rc.conf();
  return conf.yes("rc_interactive") && /^[iI]$/.test(yield* readKey(rc, false));
}

/** What shall be done with a service. */
export function* ask(rc: Rc, abort: Abort, service: string): Steps<"start" | "skip" | "go on"> {
  const { einfo } = rc;
  for (;;) {
    yield* rc.print("\n");
    yield* einfo.einfo(`About to start the service ${service}`);
    einfo.eindent();
    yield* einfo.einfo("1) Start the service\t\t2) Skip the service");
    yield* einfo.einfo("3) Continue boot process\t\t4) Exit to shell");
    einfo.eoutdent();
    let key = "";
    while (!/^[1234]$/.test(key)) {
      yield* rc.flush();
      key = yield* readKey(rc, true);
      // Without a terminal there is nobody to ask.
      if (key === "") return "go on";
    }
    if (key === "1") return "start";
    if (key === "2") return "skip";
    if (key === "3") return "go on";
    yield* openShell(rc, abort);
  }
}

/** The shell of rc.conf, of $SHELL or of the user. */
function* openShell(rc: Rc, abort: Abort): Steps<void> {
  const conf = yield* rc.conf();
  let shell = conf.get("rc_shell") ?? rc.env("SHELL");
  if (shell === undefined) {
    const user = yield* new UserDb(rc.sys).getpwuid(rc.sys.getuid());
    shell = user?.shell ?? "/bin/sh";
  }
  yield* runProgram(rc, abort, shell);
}
