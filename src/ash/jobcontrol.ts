// Turning job control on and off (POSIX set -m): the terminal, the process group, the signals.
import { ENOTTY, Errno } from "../abi/errno.ts";
import { AT_FDCWD, F_DUPFD_CLOEXEC, O_CLOEXEC, O_RDWR } from "../abi/fcntl.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { SIGTSTP, SIGTTIN, SIGTTOU } from "../abi/signal.ts";
import { TIOCGPGRP } from "../abi/termios.ts";
import { isatty } from "../libc/stdio.ts";
import { setForeground } from "./jobs.ts";
import type { Shell } from "./shell.ts";
import { setSignal } from "./trap.ts";

const SAVE_FROM = 10;

/** The controlling terminal on a descriptor of the shell's own; -1 when there is none. */
function* openTerminal(sh: Shell): Steps<number> {
  const { sys } = sh;
  try {
    let fd = sys.openat(AT_FDCWD, "/dev/tty", O_RDWR | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    const high = sys.fcntl(fd, F_DUPFD_CLOEXEC, SAVE_FROM);
    sys.close(fd);
    return high;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  for (const fd of [2, 1, 0]) {
    if (isatty(sys, fd)) return sys.fcntl(fd, F_DUPFD_CLOEXEC, SAVE_FROM);
  }
  return -1;
}

/** set -m. Without a terminal it says so and stays off. */
export function* startJobControl(sh: Shell): Steps<void> {
  const { sys } = sh;
  const fd = yield* openTerminal(sh);
  try {
    if (fd < 0) throw ENOTTY;
    // Wait until the shell is in the foreground.
    for (;;) {
      const pgrp = sys.ioctl(fd, TIOCGPGRP) as number;
      if (pgrp === sys.getpgid(0)) break;
      sys.kill(0, SIGTTIN);
      yield* sys.sched_yield();
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (fd >= 0) sys.close(fd);
    const w = sh.complain("can't access tty; job control turned off", 0);
    if (isSteps(w)) yield* w;
    return;
  }
  sh.opts.monitor = true;
  sh.ttyFd = fd;
  sh.initialPgrp = sys.getpgid(0);
  sh.rootPgrp = sh.rootPid;
  for (const signo of [SIGTSTP, SIGTTOU, SIGTTIN]) setSignal(sh, signo);
  try {
    sys.setpgid(0, sh.rootPgrp);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    sh.rootPgrp = sh.initialPgrp;
  }
  setForeground(sh, sh.rootPgrp);
}

/** set +m, and the end of the shell. */
export function stopJobControl(sh: Shell): void {
  if (sh.ttyFd < 0) return;
  const { sys } = sh;
  setForeground(sh, sh.initialPgrp);
  try {
    sys.setpgid(0, sh.initialPgrp);
    sys.close(sh.ttyFd);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  sh.ttyFd = -1;
  sh.opts.monitor = false;
  for (const signo of [SIGTSTP, SIGTTOU, SIGTTIN]) setSignal(sh, signo);
}
