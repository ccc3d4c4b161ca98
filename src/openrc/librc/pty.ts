// openpty(3): a pseudo terminal, like the terminal of a descriptor.
import { Errno } from "../../abi/errno.ts";
import { O_CLOEXEC, O_NOCTTY, O_RDWR } from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { TIOCGPTN, TIOCSPTLCK } from "../../abi/termios.ts";
import { setWinsize, TCSANOW, tcgetattr, tcsetattr, winsize } from "../../libc/termios.ts";
import { open } from "../../libc/unistd.ts";

export interface Pty {
  master: number;
  slave: number;
}

/** Both sides, not inherited by programs; undefined when there is none to be had. */
export function* openPty(sys: Sys, like: number | undefined): Steps<Pty | undefined> {
  let master: number | undefined;
  try {
    const ptmx = open(sys, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    master = isSteps(ptmx) ? yield* ptmx : ptmx;
    const unlock = sys.ioctl(master, TIOCSPTLCK, 0);
    if (isSteps(unlock)) yield* unlock;
    let number = sys.ioctl(master, TIOCGPTN);
    if (isSteps(number)) number = yield* number;
    const pts = open(sys, `/dev/pts/${number}`, O_RDWR | O_NOCTTY | O_CLOEXEC);
    const slave = isSteps(pts) ? yield* pts : pts;
    if (like !== undefined) {
      yield* tcsetattr(sys, slave, TCSANOW, tcgetattr(sys, like));
      const size = winsize(sys, like);
      if (size !== undefined) setWinsize(sys, master, size);
    }
    return { master, slave };
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (master !== undefined) sys.close(master);
    return undefined;
  }
}
