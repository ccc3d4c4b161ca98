// logger: sends messages to syslogd (POSIX logger)

import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import { Syslog } from "../../libc/syslog.ts";
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
  const log = new Syslog(sys, tag, yield* timezone(p));
  const send = function* (message: string): Steps<void> {
    if (opt.has("s")) {
      const w = p.stderr.puts(`${tag}: ${message}\n`);
      if (w) yield* w;
    }
    yield* log.send(pri, message);
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
