// /etc/issue: the text before the login prompt, with its escapes (getty(8)).
import type { Steps } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import type { Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { readText } from "../../libc/unistd.ts";

/** The text of an issue file for a terminal, lines ended as raw terminals want it; "" without a file. */
export function* issueText(p: Process, file: string, tty: string): Steps<string> {
  const text = yield* readText(p.sys, file, 1 << 16);
  if (text === undefined) return "";
  const uts = p.sys.uname();
  const tm = localtime(p.sys.clock_gettime(CLOCK_REALTIME).sec, yield* timezone(p));
  const values: Readonly<Record<string, string>> = {
    s: uts.sysname,
    n: uts.nodename,
    r: uts.release,
    v: uts.version,
    m: uts.machine,
    o: uts.domainname,
    d: tm === undefined ? "" : strftime("%A, %d %B %Y", tm),
    t: tm === undefined ? "" : strftime("%H:%M:%S", tm),
    l: tty,
  };
  return text
    .replace(/[\\%]([a-zA-Z])/g, (all, letter: string) => values[letter] ?? all)
    .replaceAll("\n", "\r\n");
}
