// logread: shows what syslogd -C keeps
import type { Steps } from "../../abi/program.ts";
import { settle } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { readFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { ringPath } from "./ring.ts";

const INTERVAL_MS = 1000;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "fF", { max: 0 });
  const read = function* (): Steps<string> {
    try {
      return strOf(yield* readFile(p.sys, ringPath(p.sys)));
    } catch (e) {
      return dieErrno("can't find syslogd buffer", e);
    }
  };
  let text = yield* read();
  if (!opt.has("F")) {
    const w = p.stdout.puts(text);
    if (w) yield* w;
  }
  if (!opt.has("f") && !opt.has("F")) return 0;
  for (;;) {
    const f = p.stdout.flush();
    if (f) yield* f;
    if (p.stdout.error !== undefined) return 1;
    yield* settle(p.sys.nanosleep(INTERVAL_MS));
    const next = yield* read();
    if (next === text) continue;
    // What is new is what follows the last line seen, wherever the ring has moved it.
    const last = text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
    const at = last === "" ? -1 : next.lastIndexOf(last);
    const fresh = next.startsWith(text)
      ? next.slice(text.length)
      : at < 0
        ? next
        : next.slice(at + last.length);
    text = next;
    const w = p.stdout.puts(fresh);
    if (w) yield* w;
  }
}

export const logread: Applet = {
  name: "logread",
  path: "/sbin/logread",
  usage:
    "[-fF]\n\nShow the log in memory\n\n\t-f\tGo on with what is added\n\t-F\tAs -f, without what is there\n",
  main,
};
