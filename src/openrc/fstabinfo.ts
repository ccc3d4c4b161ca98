// fstabinfo: what /etc/fstab says, and mounting by it.
import type { Program, Steps } from "../abi/program.ts";
import { type MountEntry, mountEntries } from "../libc/mntent.ts";
import { run } from "../libc/spawn.ts";
import { yesno } from "./librc/conf.ts";
import { exists } from "./librc/dirs.ts";
import { scanInt } from "./librc/numbers.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const FSTAB = "/etc/fstab";

const USAGE: Usage = {
  letters: "MRbmop:t:",
  options: [
    ["M", "mount", "", "Mount it"],
    ["R", "remount", "", "Mount it again, with the options it should have"],
    ["b", "blockdevice", "", "Show the device"],
    ["m", "mountargs", "", "Show the arguments for mount"],
    ["o", "options", "", "Show the options"],
    ["p", "passno", "<arg>", "Show the pass number, or find by it (=1, <2, >0)"],
    ["t", "fstype", "<arg>", "Find by the type of file system"],
  ],
};

/** Entries by an order of pass numbers: "=1", "<2", ">0". */
function byPass(entries: readonly MountEntry[], order: string, limit: number): string[] {
  const fits = ({ passno }: MountEntry): boolean =>
    order === "="
      ? passno === limit
      : passno !== 0 && (order === "<" ? passno < limit : passno > limit);
  return entries.filter((e) => e.dir !== "none" && fits(e)).map((e) => e.dir);
}

function* mount(rc: Rc, entry: MountEntry, remount: boolean): Steps<number> {
  const again = remount ? ["-o", "remount"] : [];
  const argv = ["mount", "-o", entry.options, "-t", entry.type, ...again, entry.source, entry.dir];
  return yield* run(rc.p, argv);
}

function line(entry: MountEntry, output: string): string {
  switch (output) {
    case "b":
      return `${entry.source}\n`;
    case "m":
      return `-o ${entry.options} -t ${entry.type} ${entry.source} ${entry.dir}\n`;
    case "o":
      return `${entry.options}\n`;
    case "p":
      return `${entry.passno}\n`;
    case "":
      return `${entry.dir}\n`;
    default:
      return "";
  }
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  if (!exists(sys, FSTAB)) yield* einfo.eerrorx(`${FSTAB} does not exist`);
  rc.p.env.delete("EINFO_QUIET");
  const entries = yield* mountEntries(sys, FSTAB);
  let output = "";
  let filtered = false;
  let dirs: string[] = [];
  const operands = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "p" && /^[=<>]/.test(value)) {
      const limit = scanInt(value.slice(1));
      if (limit === undefined) yield* einfo.eerrorx(`${applet}: invalid passno ${value.slice(1)}`);
      filtered = true;
      dirs.push(...byPass(entries, value.charAt(0), limit as number));
    } else if (key === "p") {
      dirs.push(value);
      output = "p";
    } else if (key === "t") {
      filtered = true;
      for (const type of value.split(","))
        dirs.push(...entries.filter((e) => e.type === type).map((e) => e.dir));
    } else output = key;
  });
  if (operands.length > 0)
    dirs = dirs.length > 0 ? dirs.filter((dir) => operands.includes(dir)) : operands;
  else if (!filtered) {
    dirs.push(...entries.map((e) => e.dir));
    if (dirs.length === 0) yield* einfo.eerrorx(`${applet}: empty fstab`);
  }
  if (dirs.length === 0) return 1;
  let status = 0;
  for (const dir of dirs) {
    const entry = entries.find((e) => e.dir === dir);
    if (entry === undefined) status = 1;
    else {
      if (output === "M" || output === "R") status += yield* mount(rc, entry, output === "R");
      if (yesno(rc.env("EINFO_QUIET")) !== true) yield* rc.print(line(entry, output));
    }
  }
  return status & 0xff;
}

/** The program. */
export const fstabinfo: Program = rcProgram(main);
