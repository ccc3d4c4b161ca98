// blkid, findfs: what devices hold, and which device holds it (blkid(8), findfs(8))
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import type { VolumeId } from "../../lib/volume-id.ts";
import { identifyPath, resolveDevice, volumes } from "../../libc/blkid.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function line(device: string, id: VolumeId): string {
  const label = id.label === undefined ? "" : ` LABEL="${id.label}"`;
  const uuid = id.uuid === undefined ? "" : ` UUID="${id.uuid}"`;
  return `${device}:${label}${uuid} TYPE="${id.type}"\n`;
}

function* blkidMain(p: Process): Steps<number> {
  // Options are taken for devices that are not there.
  const devices = p.argv.slice(1);
  let out = "";
  if (devices.length === 0) {
    const all = yield* volumes(p.sys);
    for (const { device, id } of all) out += line(device, id);
  }
  for (const device of devices) {
    const id = yield* identifyPath(p.sys, device);
    if (id !== undefined) out += line(device, id);
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return 0;
}

export const blkid: Applet = {
  name: "blkid",
  path: "/sbin/blkid",
  usage: "[BLOCKDEV]...\n\nTell what file systems devices hold, with labels and UUIDs\n",
  main: blkidMain,
};

function* findfsMain(p: Process): Steps<number> {
  const opt = getopt(p, "");
  const [name = ""] = opt.operands;
  if (opt.operands.length !== 1) p.usageError();
  if (!/^(?:UUID|LABEL)=/.test(name)) {
    if (!name.startsWith("/dev/")) p.usageError();
    const w = p.stdout.puts(`${name}\n`);
    if (w) yield* w;
    return 0;
  }
  let device: string | undefined;
  try {
    device = yield* resolveDevice(p.sys, name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  if (device === undefined) return 1;
  const w = p.stdout.puts(`${device}\n`);
  if (w) yield* w;
  return 0;
}

export const findfs: Applet = {
  name: "findfs",
  path: "/sbin/findfs",
  usage:
    "LABEL=label or UUID=uuid\n\nName the device that holds the file system with a label or UUID\n",
  main: findfsMain,
};
