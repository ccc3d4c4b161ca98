// logger: sends messages to syslogd (POSIX logger)

import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import type { Applet } from "../libbb/applet.ts";
import { facility, priority } from "./priority.ts";

const USER_NOTICE = 13;

function parsePriority(text: string): number {
  const dot = text.indexOf(".");
  const levelName = dot < 0 ? text : text.slice(dot + 1);
  let where = 1;
  if (dot >= 0) {
    where = facility(text.slice(0, dot));
    if (where < 0) die(`unknown facility name: ${text.slice(0, dot)}`);
  } else if (/^[0-9]+$/.test(text)) return Number(text) & 0x3ff;
  const level = priority(levelName);
  if (level < 0) die(`unknown priority name: ${text}`);
  return where * 8 + level;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "p:st:");
  const { sys } = p;
  const self = yield* new UserDb(sys).getpwuid(sys.getuid());
  const tag = opt.get("t") ?? self?.name ?? String(sys.getuid());
  const pri = opt.has("p") ? parsePriority(opt.get("p") as string) : USER_NOTICE;
  const zone = yield* timezone(p);
  let fd: number | undefined;
  try {
    fd = sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    yield* settle(sys.connect(fd, { family: AF_UNIX, path: "/dev/log" }));
  } catch (e) {
    // Without syslogd messages are lost, as with syslog(3).
    if (!(e instanceof Errno)) throw e;
    fd = undefined;
  }
  const send = function* (message: string): Steps<void> {
    const tm = localtime(sys.clock_gettime(CLOCK_REALTIME).sec, zone);
    const date = tm === undefined ? "" : strftime("%b %e %T", tm);
    if (opt.has("s")) {
      const w = p.stderr.puts(`${tag}: ${message}\n`);
      if (w) yield* w;
    }
    if (fd === undefined) return;
    try {
      yield* settle(sys.sendmsg(fd, bytesOf(`<${pri}>${date} ${tag}: ${message}\n`)));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  };
  if (opt.operands.length > 0) {
    yield* send(opt.operands.join(" "));
    return 0;
  }
  const lines = new LineReader(p.stdin);
  for (;;) {
    let line = lines.next();
    if (isSteps(line)) line = yield* line;
    if (line === undefined) return 0;
    if (line !== "\n") yield* send(line.replace(/\n$/, ""));
  }
}

export const logger: Applet = {
  name: "logger",
  path: "/usr/bin/logger",
  usage: `[OPTIONS] [MESSAGE]

Send MESSAGE, or the lines of stdin, to the system's log

	-s	To stderr, too
	-t TAG	Begin with TAG, not the user's name
	-p PRIO	Priority: a number, or FACILITY.LEVEL
`,
  main,
};
