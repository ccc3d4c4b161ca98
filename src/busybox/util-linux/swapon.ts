// swapon, swapoff: begin and end the use of swap areas (swapon(8), fstab(5))
import {
  SWAP_FLAG_DISCARD,
  SWAP_FLAG_DISCARD_ONCE,
  SWAP_FLAG_DISCARD_PAGES,
  SWAP_FLAG_PREFER,
  SWAP_FLAG_PRIO_MASK,
} from "../../abi/block.ts";
import { ENOENT } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { resolveDevice } from "../../libc/blkid.ts";
import { getopt } from "../../libc/getopt.ts";
import { mountEntries } from "../../libc/mntent.ts";
import { die, type Process } from "../../libc/process.ts";
import { S_ISREG } from "../../libc/stat.ts";
import { readText, stat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const FSTAB = "/etc/fstab";

function discardFlags(policy: string | undefined): number | undefined {
  if (policy === undefined || policy === "") return SWAP_FLAG_DISCARD;
  if (policy === "once") return SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE;
  if (policy === "pages") return SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_PAGES;
  return undefined;
}

/** Flags that the options of a line in fstab ask for. */
function flagsOf(options: string): number {
  let flags = 0;
  for (const option of options.split(",")) {
    const [name, value] = option.split("=", 2) as [string, string | undefined];
    if (name === "pri" && /^\d+$/.test(value ?? "")) {
      flags |= SWAP_FLAG_PREFER | Math.min(Number(value), SWAP_FLAG_PRIO_MASK);
    } else if (name === "discard") flags |= discardFlags(value) ?? 0;
  }
  return flags;
}

/** Devices that /proc/swaps names. */
function* active(p: Process): Steps<string[]> {
  const text = (yield* readText(p.sys, "/proc/swaps", 1 << 20)) ?? "";
  return text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) =>
      (line.split(/\s/, 1)[0] as string).replace(/\\([0-7]{3})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      ),
    );
}

class Swapper {
  readonly #p: Process;
  readonly #off: boolean;
  readonly #quiet: boolean;

  constructor(p: Process, off: boolean, quiet: boolean) {
    this.#p = p;
    this.#off = off;
    this.#quiet = quiet;
  }

  /** 0 or 1 for the exit status. */
  *one(name: string, flags: number): Steps<number> {
    const p = this.#p;
    const device = yield* resolveDevice(p.sys, name);
    try {
      if (device === undefined) throw ENOENT;
      const st = stat(p.sys, device);
      if (this.#off) {
        p.sys.swapoff(device);
        return 0;
      }
      if (S_ISREG(st.mode) && st.blocks * 512 < st.size) {
        yield* p.warnx(`${name}: file has holes`);
        return 1;
      }
      p.sys.swapon(device, flags);
      return 0;
    } catch (e) {
      if (e === ENOENT && this.#quiet) return 0;
      yield* p.warn(name, e);
      return 1;
    }
  }
}

function* all(p: Process, swapper: Swapper, off: boolean, base: number): Steps<number> {
  let status = 0;
  const there = yield* active(p);
  if (off) for (const device of there) status |= yield* swapper.one(device, 0);
  const table = yield* readText(p.sys, FSTAB, 1 << 24);
  if (table === undefined) return off ? status : die(`can't open '${FSTAB}'`);
  const entries = yield* mountEntries(p.sys, FSTAB);
  const on = yield* active(p);
  for (const { type, source, options } of entries) {
    if (type !== "swap") continue;
    if (!off && options.split(",").includes("noauto")) continue;
    const device = yield* resolveDevice(p.sys, source);
    const isOn = device !== undefined && on.includes(device);
    if (off ? !isOn : isOn) continue;
    status |= yield* swapper.one(source, base | flagsOf(options));
  }
  return status;
}

function* swap(p: Process, off: boolean): Steps<number> {
  const opt = getopt(p, off ? "a" : "aed::p:");
  if (opt.operands.length === 0 && !opt.has("a")) p.usageError();
  let flags = 0;
  if (opt.has("d")) flags |= discardFlags(opt.get("d")) ?? SWAP_FLAG_DISCARD;
  if (opt.has("p")) {
    const text = opt.get("p") as string;
    const priority = /^\d+$/.test(text) ? Number(text) : SWAP_FLAG_PRIO_MASK;
    flags |= SWAP_FLAG_PREFER | Math.min(priority, SWAP_FLAG_PRIO_MASK);
  }
  const swapper = new Swapper(p, off, opt.has("e"));
  let status = 0;
  if (opt.has("a")) status |= yield* all(p, swapper, off, flags);
  else for (const name of opt.operands) status |= yield* swapper.one(name, flags);
  return status;
}

export const swapon: Applet = {
  name: "swapon",
  path: "/sbin/swapon",
  usage: `[-a] [-e] [-d[POL]] [-p PRI] [DEVICE]...

Begin to use swap areas

	-a	All those of /etc/fstab
	-d[POL]	Discard what is free: at the beginning (POL=once),
		whenever pages become free (POL=pages), both (no POL)
	-e	What is not there is no error
	-p PRI	Priority
`,
  main: (p) => swap(p, false),
};

export const swapoff: Applet = {
  name: "swapoff",
  path: "/sbin/swapoff",
  usage: `[-a] [DEVICE]...

End the use of swap areas

	-a	All of them
`,
  main: (p) => swap(p, true),
};
