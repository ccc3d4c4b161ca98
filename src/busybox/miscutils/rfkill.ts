// rfkill: switches of radio transmitters (rfkill(8), Linux's Documentation/driver-api/rfkill.rst)

import { EAGAIN } from "../../abi/errno.ts";
import { O_NONBLOCK, O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { open, readText, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

/** In the order of their numbers. */
const TYPES: readonly string[] = ["all", "wlan", "bluetooth", "uwb", "wimax", "wwan", "gps", "fm"];
const ALIASES: Readonly<Record<string, string>> = { wifi: "wlan", ultrawideband: "uwb" };
const EVENT_SIZE = 8;
const OP_CHANGE = 2;
const OP_CHANGE_ALL = 3;

function* main(p: Process): Steps<number> {
  const [, verb, what, ...more] = p.argv;
  const listing = verb === "list";
  const known = listing || ((verb === "block" || verb === "unblock") && what !== undefined);
  if (!known || more.length > 0) return p.usageError();
  const type = what === undefined ? 0 : TYPES.indexOf(ALIASES[what] ?? what);
  const index = type < 0 ? xatouRange(what as string, 0, 0xffffffff) : undefined;
  let fd: number;
  try {
    const flags = listing ? O_RDONLY | O_NONBLOCK : O_RDWR;
    fd = yield* settle(open(p.sys, "/dev/rfkill", flags));
  } catch (e) {
    return dieErrno("/dev/rfkill", e);
  }
  if (!listing) {
    const event = new DataView(new ArrayBuffer(EVENT_SIZE));
    event.setUint32(0, index ?? 0, true);
    event.setUint8(4, index === undefined ? type : 0);
    event.setUint8(5, index === undefined ? OP_CHANGE_ALL : OP_CHANGE);
    event.setUint8(6, verb === "block" ? 1 : 0);
    yield* writeAll(p.sys, fd, new Uint8Array(event.buffer));
    return 0;
  }
  for (;;) {
    let event: Uint8Array;
    try {
      event = yield* settle(p.sys.read(fd, EVENT_SIZE));
    } catch (e) {
      if (e === EAGAIN) return 0;
      throw e;
    }
    if (event.length < EVENT_SIZE) return 0;
    const at = (event[0] as number) | ((event[1] as number) << 8);
    if (index !== undefined ? at !== index : type > 0 && event[4] !== type) continue;
    const name = ((yield* readText(p.sys, `/sys/class/rfkill/rfkill${at}/name`)) ?? "").trim();
    const yes = (flag: number | undefined): string => (flag === 0 ? "no" : "yes");
    const w = p.stdout.puts(
      `${at}: ${name}: ${TYPES[event[4] as number] ?? "unknown"}\n\tSoft blocked: ${yes(event[6])}\n\tHard blocked: ${yes(event[7])}\n`,
    );
    if (w) yield* w;
  }
}

export const rfkill: Applet = {
  name: "rfkill",
  path: "/usr/sbin/rfkill",
  usage: `COMMAND [INDEX|TYPE]

Switch radio transmitters

	list [INDEX|TYPE]	Show them
	block INDEX|TYPE	Switch off
	unblock INDEX|TYPE	Switch on

TYPE is all, wlan (wifi), bluetooth, uwb (ultrawideband), wimax, wwan, gps or fm
`,
  main,
};
