// inotifyd: runs a program when files change (inotify(7))
import { EINTR, Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";

/** A letter for each bit of an event's mask, from the lowest; "?" for bits without one. */
const LETTERS = "acew0rmyndDM?uox";
const DEFAULT_MASK = 0x0fff;
const IGNORED = 0x8000;
const HEADER = 16;

function maskOf(p: Process, text: string): number {
  let mask = 0;
  for (const c of text) {
    const bit = LETTERS.indexOf(c);
    if (bit < 0 || c === "?") p.usageError();
    mask |= 1 << bit;
  }
  return mask;
}

function* main(p: Process): Steps<number> {
  const { operands } = getopt(p, "+", { min: 2 });
  const { sys } = p;
  const program = operands[0] as string;
  const fd = sys.inotify_init1(0);
  const watched = new Map<number, string>();
  for (const arg of operands.slice(1)) {
    const colon = arg.lastIndexOf(":");
    const file = colon < 0 ? arg : arg.slice(0, colon);
    // Unknown letters are found out before anything is watched.
    const mask = colon < 0 ? DEFAULT_MASK : maskOf(p, arg.slice(colon + 1));
    try {
      watched.set(sys.inotify_add_watch(fd, file, mask & 0xfff), file);
    } catch (e) {
      dieErrno(`add watch (${file}) failed`, e);
    }
  }
  while (watched.size > 0) {
    let bytes: Uint8Array;
    try {
      const call = sys.read(fd, 65536);
      bytes = isSteps(call) ? yield* call : call;
    } catch (e) {
      if (e === EINTR) continue;
      if (e instanceof Errno) dieErrno("read", e);
      throw e;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + HEADER <= bytes.length; ) {
      const wd = view.getInt32(at, true);
      const mask = view.getUint32(at + 4, true);
      const length = view.getUint32(at + 12, true);
      const name = strOf(bytes, at + HEADER, at + HEADER + length).replace(/\0+$/, "");
      at += HEADER + length;
      const file = watched.get(wd);
      if (file === undefined) continue;
      const events = [...LETTERS].filter((_, i) => (mask & (1 << i)) !== 0).join("");
      if (events !== "") {
        const words = name === "" ? [events, file] : [events, file, name];
        if (program === "-") {
          const w = p.stdout.puts(`${words.join("\t")}\n`);
          if (w) yield* w;
        } else yield* run(p, [program, ...words]);
      }
      if ((mask & IGNORED) !== 0) watched.delete(wd);
    }
    const f = p.stdout.flush();
    if (f) yield* f;
  }
  return 0;
}

export const inotifyd: Applet = {
  name: "inotifyd",
  path: "/sbin/inotifyd",
  usage: `PROG FILE1[:MASK]...

Run "PROG EVENTS FILE [NAME]" when something happens to a FILE (PROG -: print instead)

	a	It is read		c	Written
	e	Its mode or owner changes
	w	Closed after writing	0	Closed otherwise
	r	Opened			D	Deleted
	M	Moved			u	Unmounted
	o	Events were lost	x	It cannot be watched any more
In directories:
	n	A file is made		d	Deleted
	y	Moved in		m	Moved out
`,
  main,
};
