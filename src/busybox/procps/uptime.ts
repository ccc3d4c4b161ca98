// uptime: how long the system has been up (as in procps). Nobody keeps utmp on musl: there are always 0 users.

import type { Steps } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "s", { max: 0 });
  const info = p.sys.sysinfo();
  const now = p.sys.clock_gettime(CLOCK_REALTIME).sec;
  const zone = yield* timezone(p);
  const at = (sec: number, format: string): string => {
    const tm = localtime(sec, zone);
    return tm === undefined ? String(sec) : strftime(format, tm);
  };
  let text: string;
  if (opt.has("s")) text = at(now - Math.floor(info.uptime), "%Y-%m-%d %H:%M:%S");
  else {
    const minutes = Math.floor(info.uptime / 60);
    const days = Math.floor(minutes / 1440);
    const hours = Math.floor(minutes / 60) % 24;
    text = at(now, " %H:%M:%S up ");
    if (days > 0) text += `${days} day${days === 1 ? "" : "s"}, `;
    text +=
      hours > 0
        ? `${String(hours).padStart(2)}:${String(minutes % 60).padStart(2, "0")}`
        : `${minutes % 60} min`;
    text += `,  0 users,  load average: ${info.loads.map((n) => n.toFixed(2)).join(", ")}`;
  }
  const w = p.stdout.puts(`${text}\n`);
  if (w) yield* w;
  return 0;
}

export const uptime: Applet = {
  name: "uptime",
  path: "/usr/bin/uptime",
  usage: "[-s]\n\nShow how long the system has been up\n\n\t-s\tShow when it was started\n",
  main,
};
