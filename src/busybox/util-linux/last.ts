// last: who logged in when, from /var/log/wtmp (utmp(5))
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { readFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const WTMP = "/var/log/wtmp";
/** struct utmpx of musl on 64-bit machines. */
const RECORD = 400;
const RUN_LVL = 1;
const BOOT_TIME = 2;
const USER_PROCESS = 7;
const DEAD_PROCESS = 8;

function field(b: Uint8Array, at: number, size: number): string {
  const s = strOf(b, at, at + size);
  const end = s.indexOf("\0");
  return end < 0 ? s : s.slice(0, end);
}

function* main(p: Process): Steps<number> {
  if (p.argv.length > 1) p.usageError();
  let bytes: Uint8Array;
  try {
    bytes = yield* readFile(p.sys, WTMP, 1 << 28);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return dieErrno(`can't open '${WTMP}'`, e);
  }
  const zone = yield* timezone(p);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const show = (sec: number, format: string): string => {
    const tm = localtime(sec, zone);
    return tm === undefined ? "" : strftime(format, tm);
  };
  let out = `${"USER".padEnd(8)}   ${"TTY".padEnd(12)} ${"HOST".padEnd(16)} LOGIN            TIME\n`;
  /** When each line was left, the newest records coming first; and when the system went down. */
  const left = new Map<string, number>();
  let down: { sec: number; how: string } | undefined;
  for (let at = bytes.length - RECORD; at >= 0; at -= RECORD) {
    const type = view.getInt16(at, true);
    const line = field(bytes, at + 8, 32);
    const user = field(bytes, at + 44, 32);
    const host = field(bytes, at + 76, 256);
    const sec = Number(view.getBigInt64(at + 344, true));
    if (type === RUN_LVL && /^shutdown|^reboot/.test(user)) {
      left.clear();
      down = { sec, how: "down" };
    } else if (type === BOOT_TIME) {
      left.clear();
      out += `${"reboot".padEnd(8)}   ${"system boot".padEnd(12)} ${host.slice(0, 16).padEnd(16)} ${show(sec, "%a %b %e %H:%M")}\n`;
      down = { sec, how: "crash" };
    } else if (type === DEAD_PROCESS) left.set(line, sec);
    else if (type === USER_PROCESS) {
      const end = left.get(line) ?? down?.sec;
      const how = left.has(line)
        ? show(end as number, "%H:%M")
        : down === undefined
          ? "still"
          : down.how;
      let length = "logged in";
      if (end !== undefined) {
        const minutes = Math.max(0, Math.floor((end - sec) / 60));
        const days = Math.floor(minutes / 1440);
        const two = (n: number): string => String(n).padStart(2, "0");
        length = `(${days > 0 ? `${days}+` : ""}${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)})`;
      }
      out += `${user.slice(0, 8).padEnd(8)}   ${line.slice(0, 12).padEnd(12)} ${host.slice(0, 16).padEnd(16)} ${show(sec, "%a %b %e %H:%M")} - ${how} ${length}\n`;
      left.set(line, sec);
    }
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return 0;
}

export const last: Applet = {
  name: "last",
  path: "/usr/bin/last",
  usage: "\n\nShow who logged in when\n",
  main,
};
