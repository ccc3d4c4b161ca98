// vlock: locks a terminal until its user's password is given (vlock(1))
import { Errno } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SIG_IGN, SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice } from "../libbb/device.ts";
import { checkPassword, failDelay } from "../libbb/password.ts";

const VT_GETMODE = 0x5601;
const VT_SETMODE = 0x5602;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "a", { max: 0 });
  const { sys } = p;
  const uid = sys.getuid();
  const user = (yield* new UserDb(sys).getpwuid(uid)) ?? die(`unknown uid ${uid}`);
  const tty = yield* openDevice(p, "/dev/tty", O_RDWR);
  for (const signo of [SIGINT, SIGQUIT, SIGTSTP])
    sys.rt_sigaction(signo, { handler: SIG_IGN, flags: 0, mask: { lo: 0, hi: 0 } });
  let before: unknown;
  if (opt.has("a")) {
    try {
      before = yield* settle(sys.ioctl(tty, VT_GETMODE));
      // The kernel asks this process before it shows another terminal, and gets no answer.
      yield* settle(sys.ioctl(tty, VT_SETMODE, { ...(before as object), mode: 1 }));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      die("ioctl 0x5601 failed: Not a tty");
    }
  }
  const name = opt.has("a") ? "All virtual terminals" : "Virtual terminal";
  for (;;) {
    const w = p.stdout.puts(`${name} locked by ${user.name}.\n`);
    if (w) yield* w;
    if (yield* checkPassword(p, user)) break;
    yield* failDelay(p);
    const f = p.stdout.puts("Incorrect password\n");
    if (f) yield* f;
  }
  if (before !== undefined) yield* settle(sys.ioctl(tty, VT_SETMODE, before));
  return 0;
}

export const vlock: Applet = {
  name: "vlock",
  path: "/usr/bin/vlock",
  usage: "[-a]\n\nLock the terminal until the password is given\n\n\t-a\tAll virtual terminals\n",
  suid: true,
  main,
};
