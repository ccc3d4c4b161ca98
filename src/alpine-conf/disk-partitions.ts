// Partitions for setup-disk, made and found by sfdisk.
import { O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { open, readFile, writeAll } from "../libc/unistd.ts";
import type { DiskSetup } from "./disk-state.ts";
import { linesOf, words } from "./libalpine.ts";

/** Makes a new label and partitions, each a line for sfdisk: "SIZE,TYPE[,*]" or "name=value…". */
export function* setupPartitions(
  d: DiskSetup,
  device: string,
  parts: readonly string[],
): Steps<boolean> {
  const { s } = d;
  if (d.label !== "dos" && d.label !== "gpt")
    s.die(`Partition label "${d.label}" is not supported!`);
  const path = d.path(device);
  yield* s.run(["sfdisk", "--quiet", path], { input: `label: ${d.label}\n` });
  if (d.bootloader === "syslinux" && s.isFile(d.mbr)) {
    const call = open(s.sys, path, O_WRONLY);
    const fd = isSteps(call) ? yield* call : call;
    yield* writeAll(s.sys, fd, yield* readFile(s.sys, d.mbr));
    s.sys.close(fd);
  }
  const lines = parts
    .filter((part) => !part.startsWith("0M"))
    .map((part) => (part.includes("=") ? `${part}\n` : `,${part}\n`));
  const argv = ["sfdisk", "--quiet", "--wipe-partitions", "always", "--label", d.label, path];
  return (yield* s.run(argv, { input: lines.join("") })) === 0;
}

function* dump(d: DiskSetup, disk: string): Steps<string[]> {
  return linesOf(yield* d.s.output(["sfdisk", "-d", d.path(disk)]));
}

/** How the partition to boot from is marked. */
function bootMark(d: DiskSetup): string {
  if (d.efi) return d.partitionId("esp");
  return d.label === "gpt" ? "LegacyBIOSBootable" : "bootable";
}

function deviceOf(line: string): string {
  return words(line)[0] ?? "";
}

/** Partitions of a type, or the one to boot from ("boot"). */
export function* findPartitions(d: DiskSetup, disk: string, type: string): Steps<string[]> {
  const wanted = type === "boot" ? bootMark(d) : `type=${d.partitionId(type)}`;
  return (yield* dump(d, disk)).filter((line) => line.includes(wanted)).map(deviceOf);
}

/** Of each disk the n-th partition of a type that is not the one to boot from. */
export function* findNthPartition(
  d: DiskSetup,
  index: number,
  id: string,
  disks: readonly string[],
): Steps<string[]> {
  const found: string[] = [];
  for (const disk of disks) {
    const mark = bootMark(d);
    const lines = (yield* dump(d, disk)).filter((line) => !line.includes(mark));
    const line = lines.filter((each) => new RegExp(`(Id|type)=${id}`).test(each))[index - 1];
    if (line !== undefined) found.push(deviceOf(line));
  }
  return found;
}
