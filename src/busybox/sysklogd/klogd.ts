// klogd: passes the kernel's messages to syslogd
import { EINTR, Errno } from "../../abi/errno.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { SIGHUP, SIGINT, SIGTERM } from "../../abi/signal.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { becomeDaemon } from "../libbb/daemon.ts";
import { xatouRange } from "../libbb/numbers.ts";

const READ = 2;
const CONSOLE_ON = 7;
const CONSOLE_LEVEL = 8;
const SIZE = 16384;
const NOTICE = 5;

function* send(sys: Sys, pri: number, text: string): Steps<void> {
  const fd = sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    yield* settle(sys.connect(fd, { family: AF_UNIX, path: "/dev/log" }));
    yield* settle(sys.sendmsg(fd, bytesOf(`<${pri}>kernel: ${text}`)));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  } finally {
    sys.close(fd);
  }
}

function* serve(sys: Sys, level: number): Steps<number> {
  let ended = 0;
  const mask = { lo: 0, hi: 0 };
  const handler = (signo: number): void => {
    ended = signo;
  };
  for (const signo of [SIGTERM, SIGINT]) sys.rt_sigaction(signo, { handler, flags: 0, mask });
  sys.rt_sigaction(SIGHUP, { handler: 1, flags: 0, mask });
  if (level > 0) yield* settle(sys.syslog(CONSOLE_LEVEL, level));
  yield* send(sys, NOTICE, "klogd started: BusyBox v1.36.1");
  while (ended === 0) {
    try {
      const text = yield* settle(sys.syslog(READ, SIZE));
      for (const line of text.split("\n")) {
        if (line === "") continue;
        const m = /^<([0-9]+)>/.exec(line);
        yield* send(sys, m === null ? 6 : Number(m[1]), line.slice(m?.[0].length ?? 0));
      }
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }
  yield* settle(sys.syslog(CONSOLE_ON, 0));
  yield* send(sys, NOTICE, "klogd exiting");
  return 0;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "c:n", { max: 0 });
  const level = opt.has("c") ? xatouRange(opt.get("c") as string, 1, 8) : 0;
  try {
    if (opt.has("n")) return yield* serve(p.sys, level);
  } catch (e) {
    return dieErrno("klogctl", e);
  }
  p.sys.fork(function* (sys) {
    yield* becomeDaemon(sys);
    return yield* serve(sys, level);
  });
  return 0;
}

export const klogd: Applet = {
  name: "klogd",
  path: "/sbin/klogd",
  usage:
    "[-c N] [-n]\n\nPass the kernel's messages to syslogd\n\n\t-c N\tOnly more urgent ones to the console (1 to 8)\n\t-n\tStay in the foreground\n",
  main,
};
