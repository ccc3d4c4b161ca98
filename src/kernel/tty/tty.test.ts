import { expect, test } from "vitest";
import { testKernel } from "../../../test/support/kernel.ts";
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD, O_NOCTTY, O_NONBLOCK, O_RDWR } from "../../abi/fcntl.ts";
import type { PollFd } from "../../abi/poll.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import {
  SIG_DFL,
  SIG_IGN,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGTTIN,
  SIGTTOU,
  SIGWINCH,
  WUNTRACED,
} from "../../abi/signal.ts";
import {
  FIONREAD,
  TCGETS,
  TCSETS,
  type Termios,
  TIOCGPGRP,
  TIOCGPTN,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCNOTTY,
  TIOCSCTTY,
  TIOCSPGRP,
  TIOCSPTLCK,
  TIOCSTI,
  TIOCSWINSZ,
  TOSTOP,
  VMIN,
  VTIME,
} from "../../abi/termios.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { registerMemoryDevices } from "../drivers/mem.ts";
import { devpts } from "../fs/devpts/devpts.ts";
import { devtmpfs } from "../fs/devtmpfs/devtmpfs.ts";
import { createConsole, type HostTty } from "./console.ts";
import { registerTtyDevices } from "./devices.ts";

const NONE = { lo: 0, hi: 0 };
const CODE = (error: unknown): string => {
  if (error instanceof Errno) return error.code;
  throw error;
};

interface World {
  sys: Sys;
  tty: HostTty;
  /** What the host's terminal shows. */
  screen: { text: string; full: boolean };
  say: (word: string | number) => void;
  /** Milliseconds of the kernel's clock. */
  now: () => number;
}

/** Runs `main` as the leader of a session of its own; the words it said. */
function leader(main: (world: World) => Steps<number>): (string | number)[] {
  const k = testKernel();
  for (const type of [devtmpfs, devpts]) k.kernel.fileSystems.set(type.name, type);
  registerMemoryDevices(k.kernel.devices);
  registerTtyDevices(k.kernel.devices);
  const screen = { text: "", full: false };
  const tty = createConsole(k.kernel, {
    write(bytes) {
      screen.text += strOf(bytes);
      return !screen.full;
    },
  });
  const said: (string | number)[] = [];
  const now = (): number => k.kernel.monotonic();
  k.run(function* init(sys) {
    sys.mkdirat(AT_FDCWD, "/dev", 0o755);
    sys.mount("dev", "/dev", "devtmpfs", 0, "");
    sys.mount("devpts", "/dev/pts", "devpts", 0, "gid=5,mode=620,ptmxmode=666");
    const pid = sys.fork(function* child(own) {
      own.setsid();
      return yield* main({ sys: own, tty, screen, say: (word) => said.push(word), now });
    });
    for (;;) {
      try {
        const got = yield* settle(sys.wait4(-1, 0));
        if (got?.pid === pid) said.push(`status ${got.status}`);
      } catch {
        return 0;
      }
    }
  });
  expect(k.host.reports).toEqual([]);
  return said;
}

function open(sys: Sys, path: string, flags = O_RDWR): number {
  return sys.openat(AT_FDCWD, path, flags) as number;
}
function* read(sys: Sys, fd: number, max = 4096): Steps<string> {
  try {
    return strOf(yield* settle(sys.read(fd, max)));
  } catch (error) {
    return CODE(error);
  }
}
function* write(sys: Sys, fd: number, text: string): Steps<string> {
  try {
    return String(yield* settle(sys.write(fd, bytesOf(text))));
  } catch (error) {
    return CODE(error);
  }
}
function attempt(call: () => unknown): string | number {
  try {
    const result = call();
    return typeof result === "number" ? result : "ok";
  } catch (error) {
    return CODE(error);
  }
}
function setModes(sys: Sys, fd: number, change: (termios: Termios) => void): void {
  const termios = sys.ioctl(fd, TCGETS) as Termios;
  change(termios);
  sys.ioctl(fd, TCSETS, termios);
}
function raw(sys: Sys, fd: number, min: number, time: number): void {
  setModes(sys, fd, (t) => {
    t.lflag = 0;
    t.iflag = 0;
    t.oflag = 0;
    t.cc[VMIN] = min;
    t.cc[VTIME] = time;
  });
}
/** A child in a process group of its own. */
function background(sys: Sys, main: (own: Sys) => Steps<number>): number {
  const pid = sys.fork(function* (own) {
    own.setpgid(0, 0);
    return yield* main(own);
  });
  return pid;
}
const handler = (run: (signo: number) => void, flags = 0) => ({ handler: run, flags, mask: NONE });

test("a session leader that opens a terminal gets it; /dev/tty names it", () => {
  expect(
    leader(function* ({ sys, say }) {
      say(attempt(() => open(sys, "/dev/tty")));
      say(attempt(() => sys.ioctl(open(sys, "/dev/console"), TIOCGPGRP)));
      say(attempt(() => sys.ioctl(open(sys, "/dev/ttyS0", O_RDWR | O_NOCTTY), TIOCGPGRP)));
      const fd = open(sys, "/dev/ttyS0");
      say(sys.ioctl(fd, TIOCGPGRP) as number);
      say(sys.ioctl(open(sys, "/dev/tty"), TIOCGSID) as number);
      sys.rt_sigaction(SIGHUP, { handler: SIG_IGN, flags: 0, mask: NONE });
      sys.ioctl(fd, TIOCNOTTY);
      say(attempt(() => open(sys, "/dev/tty")));
      sys.ioctl(fd, TIOCSCTTY, 0);
      say(sys.ioctl(fd, TIOCGPGRP) as number);
      return 0;
    }),
  ).toEqual(["ENXIO", "ENOTTY", "ENOTTY", 2, 2, "ENXIO", 2, "status 0"]);
});

test("lines from the host, output to the host, an interrupt for the foreground", () => {
  expect(
    leader(function* ({ sys, tty, screen, say }) {
      const fd = open(sys, "/dev/ttyS0");
      tty.hostInput(bytesOf("hello\rmo"));
      say(yield* read(sys, fd));
      say(sys.ioctl(fd, FIONREAD) as number);
      say(yield* write(sys, fd, "out\n"));
      sys.rt_sigaction(
        SIGINT,
        handler((signo) => say(`signal ${signo}`)),
      );
      tty.hostInput(bytesOf("\x03"));
      yield* sys.sched_yield();
      say(screen.text);
      return 7;
    }),
  ).toEqual(["hello\n", 0, "4", "signal 2", "hello\r\nmoout\r\n^C", "status 1792"]);
});

test("a read is interrupted by a handler, or goes on with SA_RESTART", () => {
  expect(
    leader(function* ({ sys, tty, say }) {
      const fd = open(sys, "/dev/ttyS0");
      const me = sys.getpid();
      const tell = (key: string): number =>
        sys.fork(function* (own): Steps<number> {
          yield* settle(own.nanosleep(5));
          own.kill(me, SIGWINCH);
          yield* settle(own.nanosleep(5));
          tty.hostInput(bytesOf(key));
          return 0;
        });
      sys.rt_sigaction(
        SIGWINCH,
        handler(() => say("winch")),
      );
      tell("a\r");
      say(yield* read(sys, fd));
      say(yield* read(sys, fd));
      sys.rt_sigaction(
        SIGWINCH,
        handler(() => say("winch"), 0x10000000),
      );
      tell("b\r");
      say(yield* read(sys, fd));
      return 0;
    }),
  ).toEqual(["winch", "EINTR", "a\n", "winch", "b\n", "status 0"]);
});

test("a background reader is stopped until it comes to the front", () => {
  expect(
    leader(function* ({ sys, tty, say }) {
      const fd = open(sys, "/dev/ttyS0");
      const pid = background(sys, function* (own) {
        say(`child ${yield* read(own, fd)}`);
        return 0;
      });
      const stopped = yield* settle(sys.wait4(pid, WUNTRACED));
      say(stopped?.status ?? -1);
      sys.rt_sigaction(SIGTTOU, { handler: SIG_IGN, flags: 0, mask: NONE });
      sys.ioctl(fd, TIOCSPGRP, pid);
      sys.kill(-pid, SIGCONT);
      tty.hostInput(bytesOf("x\r"));
      yield* settle(sys.wait4(pid, 0));
      sys.ioctl(fd, TIOCSPGRP, sys.getpid());
      return 0;
    }),
  ).toEqual([(SIGTTIN << 8) | 0x7f, "child x\n", "status 0"]);
});

test("a background reader that ignores SIGTTIN, or that nobody could continue, gets EIO", () => {
  expect(
    leader(function* ({ sys, say }) {
      const fd = open(sys, "/dev/ttyS0");
      const pid = background(sys, function* (own) {
        own.rt_sigaction(SIGTTIN, { handler: SIG_IGN, flags: 0, mask: NONE });
        say(yield* read(own, fd));
        own.rt_sigaction(SIGTTIN, { handler: SIG_DFL, flags: 0, mask: NONE });
        // Its child stays in the group while this process leaves it an orphan.
        own.fork(function* (orphan): Steps<number> {
          yield* settle(orphan.nanosleep(10));
          say(yield* read(orphan, fd));
          return 0;
        });
        return 0;
      });
      yield* settle(sys.wait4(pid, 0));
      yield* settle(sys.nanosleep(50));
      return 0;
    }),
  ).toEqual(["EIO", "EIO", "status 0"]);
});

test("background writers are stopped only with TOSTOP; changes of modes always", () => {
  expect(
    leader(function* ({ sys, screen, say }) {
      const fd = open(sys, "/dev/ttyS0");
      const first = background(sys, function* (own) {
        say(yield* write(own, fd, "free "));
        return 0;
      });
      yield* settle(sys.wait4(first, 0));
      const modes = background(sys, function* (own) {
        const steps = own.ioctl(fd, TCSETS, own.ioctl(fd, TCGETS));
        yield* settle(steps);
        say("set");
        return 0;
      });
      say((yield* settle(sys.wait4(modes, WUNTRACED)))?.status ?? -1);
      sys.kill(modes, 9);
      setModes(sys, fd, (t) => {
        t.lflag |= TOSTOP;
      });
      const second = background(sys, function* (own) {
        say(yield* write(own, fd, "held "));
        return 0;
      });
      say((yield* settle(sys.wait4(second, WUNTRACED)))?.status ?? -1);
      sys.ioctl(fd, TIOCSPGRP, second);
      sys.kill(-second, SIGCONT);
      yield* settle(sys.wait4(second, 0));
      say(screen.text);
      sys.rt_sigaction(SIGTTOU, { handler: SIG_IGN, flags: 0, mask: NONE });
      sys.ioctl(fd, TIOCSPGRP, sys.getpid());
      return 0;
    }),
  ).toEqual(["5", (SIGTTOU << 8) | 0x7f, (SIGTTOU << 8) | 0x7f, "5", "free held ", "status 0"]);
});

test("tcsetpgrp checks the group", () => {
  expect(
    leader(function* ({ sys, say }) {
      const fd = open(sys, "/dev/ttyS0");
      say(attempt(() => sys.ioctl(fd, TIOCSPGRP, 999)));
      say(attempt(() => sys.ioctl(fd, TIOCSPGRP, 1)));
      say(attempt(() => sys.ioctl(fd, TIOCSPGRP, -1)));
      const other = sys.fork(function* (own): Steps<number> {
        own.setsid();
        say(attempt(() => own.ioctl(fd, TIOCSPGRP, own.getpid())));
        say(attempt(() => own.ioctl(fd, TIOCSCTTY, 0)));
        yield* own.sched_yield();
        return 0;
      });
      yield* settle(sys.wait4(other, 0));
      return 0;
    }),
  ).toEqual(["ESRCH", "EPERM", "EINVAL", "ENOTTY", "EPERM", "status 0"]);
});

test("VMIN and VTIME: the four cases", () => {
  expect(
    leader(function* ({ sys, tty, say, now }) {
      const fd = open(sys, "/dev/ttyS0");
      const typist = (...keys: [number, string][]): number =>
        sys.fork(function* (own): Steps<number> {
          for (const [delayMs, key] of keys) {
            yield* settle(own.nanosleep(delayMs));
            tty.hostInput(bytesOf(key));
          }
          return 0;
        });
      // MIN 0, TIME 0: what there is.
      raw(sys, fd, 0, 0);
      say(yield* read(sys, fd));
      // MIN 0, TIME 2: a time-out for the first byte.
      raw(sys, fd, 0, 2);
      let start = now();
      say(yield* read(sys, fd));
      say(now() - start);
      typist([100, "a"]);
      say(yield* read(sys, fd));
      // MIN 3, TIME 0: waits for three, however long it takes.
      raw(sys, fd, 3, 0);
      typist([1000, "a"], [1000, "b"], [1000, "cd"]);
      say(yield* read(sys, fd));
      typist([10, "xyz"]);
      say(yield* read(sys, fd, 2));
      say(yield* read(sys, fd, 1));
      // MIN 3, TIME 2: the timer runs between bytes.
      raw(sys, fd, 3, 2);
      start = now();
      typist([1000, "a"], [150, "b"], [500, "c"]);
      say(yield* read(sys, fd));
      say(now() - start);
      yield* settle(sys.nanosleep(1000));
      say(yield* read(sys, fd));
      sys.fcntl(fd, 4, O_NONBLOCK);
      say(yield* read(sys, fd));
      return 0;
    }),
  ).toEqual(["", "", 200, "a", "abcd", "xy", "z", "ab", 1350, "c", "EAGAIN", "status 0"]);
});

test("writers wait for a host that is full, and poll tells", () => {
  expect(
    leader(function* ({ sys, tty, screen, say }) {
      const fd = open(sys, "/dev/ttyS0");
      const poll = function* (): Steps<number> {
        const rows: PollFd[] = [{ fd, events: 5, revents: 0 }];
        yield* settle(sys.poll(rows, 0));
        return (rows[0] as PollFd).revents;
      };
      say(yield* poll());
      screen.full = true;
      say(yield* write(sys, fd, "one"));
      say(yield* poll());
      tty.hostInput(bytesOf("k\r"));
      say(yield* poll());
      sys.fork(function* (own): Steps<number> {
        yield* settle(own.nanosleep(5));
        say("drained");
        screen.full = false;
        tty.hostDrained();
        return 0;
      });
      say(yield* write(sys, fd, "two"));
      say(screen.text);
      return 0;
    }),
  ).toEqual([4, "3", 0, 1, "drained", "3", "onek\r\ntwo", "status 0"]);
});

test("the window: asked, set, and told to the foreground", () => {
  expect(
    leader(function* ({ sys, tty, say }) {
      const fd = open(sys, "/dev/ttyS0");
      sys.rt_sigaction(
        SIGWINCH,
        handler(() => say("winch")),
      );
      tty.hostResize(24, 80);
      yield* sys.sched_yield();
      tty.hostResize(24, 80);
      yield* sys.sched_yield();
      say(JSON.stringify(sys.ioctl(fd, TIOCGWINSZ)));
      sys.ioctl(fd, TIOCSTI, "q");
      sys.ioctl(fd, TIOCSTI, "\n");
      say(yield* read(sys, fd));
      return 0;
    }),
  ).toEqual(["winch", '{"rows":24,"cols":80,"xpixel":0,"ypixel":0}', "q\n", "status 0"]);
});

test("hang-up: end of file, EIO, SIGHUP and SIGCONT; a new opening is fresh", () => {
  expect(
    leader(function* ({ sys, tty, say }) {
      const fd = open(sys, "/dev/ttyS0");
      for (const signo of [SIGHUP, SIGCONT]) {
        sys.rt_sigaction(
          signo,
          handler((got) => say(`signal ${got}`)),
        );
      }
      sys.fork(function* (own): Steps<number> {
        yield* settle(own.nanosleep(5));
        tty.hostHangup();
        return 0;
      });
      say(yield* read(sys, fd));
      say(yield* read(sys, fd));
      say(yield* write(sys, fd, "x"));
      say(attempt(() => sys.ioctl(fd, TCGETS)));
      say(attempt(() => open(sys, "/dev/tty")));
      const again = open(sys, "/dev/ttyS0");
      say(sys.ioctl(again, TIOCGPGRP) as number);
      return 0;
    }),
  ).toEqual(["signal 1", "signal 18", "EINTR", "", "EIO", "EIO", "ENXIO", 2, "status 0"]);
});

test("when a session leader exits, its foreground group hears of it", () => {
  expect(
    leader(function* ({ sys, say }) {
      const fd = open(sys, "/dev/ttyS0");
      const pid = background(sys, function* (own) {
        own.rt_sigaction(
          SIGHUP,
          handler(() => say("hup")),
        );
        own.rt_sigaction(SIGTTOU, { handler: SIG_IGN, flags: 0, mask: NONE });
        own.ioctl(fd, TIOCSPGRP, own.getpid());
        say(yield* read(own, fd));
        say(yield* read(own, fd));
        say(attempt(() => open(own, "/dev/tty")));
        return 0;
      });
      yield* sys.sched_yield();
      return pid > 0 ? 0 : 1;
    }),
  ).toEqual(["hup", "EINTR", "", "ENXIO", "status 0"]);
});

test("pty: number, lock, echo, end of file, closing either side", () => {
  expect(
    leader(function* ({ sys, say }) {
      const master = open(sys, "/dev/ptmx");
      const index = sys.ioctl(master, TIOCGPTN) as number;
      const { mode, gid, rdev } = sys.fstatat(AT_FDCWD, `/dev/pts/${index}`, 0);
      say(`${index} ${mode.toString(8)} ${gid} ${rdev >> 8}`);
      say(attempt(() => open(sys, "/dev/pts/0")));
      sys.ioctl(master, TIOCSPTLCK, 0);
      const slave = open(sys, "/dev/pts/0");
      say(sys.ioctl(slave, TIOCGPGRP) as number);
      say(yield* write(sys, master, "ls\r\x04"));
      say(yield* read(sys, slave));
      say(yield* read(sys, slave));
      say(yield* write(sys, slave, "a\n"));
      say(yield* read(sys, master));
      sys.ioctl(master, TIOCSWINSZ, { rows: 5, cols: 6, xpixel: 0, ypixel: 0 });
      say((sys.ioctl(slave, TIOCGWINSZ) as { cols: number }).cols);
      yield* write(sys, slave, "last");
      sys.close(slave);
      const rows: PollFd[] = [{ fd: master, events: 1, revents: 0 }];
      yield* settle(sys.poll(rows, -1));
      say(rows[0]?.revents ?? 0);
      say(yield* read(sys, master));
      say(yield* read(sys, master));
      const second = open(sys, "/dev/pts/0");
      sys.rt_sigaction(
        SIGHUP,
        handler(() => say("hup")),
      );
      sys.rt_sigaction(
        SIGCONT,
        handler(() => say("cont")),
      );
      sys.close(master);
      yield* sys.sched_yield();
      say(yield* read(sys, second));
      say(yield* write(sys, second, "x"));
      say(attempt(() => open(sys, "/dev/pts/0")));
      return 0;
    }),
  ).toEqual([
    "0 20620 5 136",
    "EIO",
    2,
    "4",
    "ls\n",
    "",
    "2",
    "ls\r\na\r\n",
    6,
    0x11,
    "last",
    "EIO",
    "hup",
    "cont",
    "",
    "EIO",
    "ENOENT",
    "status 0",
  ]);
});

test("a pty carries much data both ways, and each side waits for the other", () => {
  expect(
    leader(function* ({ sys, say }) {
      const master = open(sys, "/dev/ptmx");
      sys.ioctl(master, TIOCSPTLCK, 0);
      const slave = open(sys, "/dev/pts/0", O_RDWR | O_NOCTTY);
      raw(sys, slave, 1, 0);
      const text = "0123456789abcdef".repeat(20000);
      const pid = sys.fork(function* (own) {
        yield* write(own, slave, text);
        let got = "";
        while (got.length < text.length) got += yield* read(own, slave, 65536);
        say(`slave ${got === text}`);
        return 0;
      });
      let got = "";
      while (got.length < text.length) got += yield* read(sys, master, 65536);
      say(`master ${got === text}`);
      yield* write(sys, master, text);
      yield* settle(sys.wait4(pid, 0));
      return 0;
    }),
  ).toEqual(["master true", "slave true", "status 0"]);
});

test("memory devices", () => {
  expect(
    leader(function* ({ sys, say }) {
      for (const name of ["null", "zero", "full", "urandom"]) {
        const fd = open(sys, `/dev/${name}`);
        const got = yield* settle(sys.read(fd, 5));
        say(`${name} ${got.length} ${yield* write(sys, fd, "abc")}`);
        sys.close(fd);
      }
      const kmsg = open(sys, "/dev/kmsg", O_RDWR | O_NONBLOCK);
      say(yield* write(sys, kmsg, "<6>hello\n"));
      say(yield* read(sys, kmsg));
      say(yield* read(sys, kmsg));
      return 0;
    }),
  ).toEqual([
    "null 0 3",
    "zero 5 3",
    "full 5 ENOSPC",
    "urandom 5 3",
    "9",
    expect.stringMatching(/^14,0,\d+,-;hello\n$/),
    "EAGAIN",
    "status 0",
  ]);
});
