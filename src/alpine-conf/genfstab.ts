// genfstab: lines of fstab for what is mounted below a folder (genfstab(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: genfstab [-h] [-U] ROOT

Prints lines of fstab for what is mounted at ROOT and below

options:
 -h  Show this text
 -U  Name devices by UUID
`;
const PSEUDO: ReadonlySet<string> = new Set(
  (
    "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs " +
    "mqueue proc pstore securityfs sysfs tracefs"
  ).split(" "),
);

/** How fstab names a device. */
export function* deviceName(s: Setup, device: string, byUuid: boolean): Steps<string> {
  if (!byUuid) return device;
  if (words(s.env("NO_DISK_UUID")).includes(device) || device.startsWith("/dev/md")) return device;
  const all = yield* s.output(["blkid"], { stderr: "null" });
  const line = all.split("\n").find((each) => each.startsWith(`${device}:`)) ?? "";
  const uuid = / UUID="([^"]*)"/.exec(line)?.[1];
  return uuid === undefined ? device : `UUID=${uuid}`;
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hU");
  if (operands.length !== 1) yield* s.showUsage(1);
  const given = operands[0] as string;
  if (!s.isDir(given)) s.die(`genfstab: ${given} is not a directory`);
  const root = (yield* s.output(["realpath", given])).replace(/\/$/, "");
  const rows = yield* s.rows(`${s.root}proc/mounts`);
  for (const [source = "", dir = "", type = "", mountOptions = ""] of rows) {
    if (!`${dir}/`.startsWith(`${root}/`) || PSEUDO.has(type)) continue;
    const place = `/${dir.slice(root.length)}`.replace(/\/+/g, "/");
    const device = source.startsWith(`${s.root}/dev/`) ? source.slice(s.root.length) : source;
    const name = yield* deviceName(s, device, options.length > 0);
    yield* s.print(`${name}\t${place}\t${type}\t${mountOptions}\t0 ${place === "/" ? 1 : 2}\n`);
  }
  return 0;
}

/** The program. */
export const genfstab: Program = setupProgram(USAGE, main);
