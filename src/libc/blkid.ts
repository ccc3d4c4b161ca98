// Devices by what they hold: the list of /proc/partitions with types, labels and UUIDs; UUID= and LABEL= names (blkid(8), fstab(5)).
import { BLKGETSIZE64 } from "../abi/block.ts";
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../abi/program.ts";
import { sameLabel, sameUuid, type VolumeId, volumeId } from "../lib/volume-id.ts";
import { S_ISBLK } from "./stat.ts";
import { readDir, readText, tryStat } from "./unistd.ts";

/** How deep /dev is searched. */
const MAX_DEPTH = 4;

/** Bytes of an open device or file. */
export function* deviceSize(sys: Sys, fd: number): Steps<number> {
  const st = sys.fstat(fd);
  if (!S_ISBLK(st.mode)) return st.size;
  return (yield* settle(sys.ioctl(fd, BLKGETSIZE64))) as number;
}

/**
 * The size that mkfs and mkswap work with: what is asked for, else what there is. A file that is
 * smaller grows.
 */
export function* wantedSize(sys: Sys, fd: number, asked: number | undefined): Steps<number> {
  const size = yield* deviceSize(sys, fd);
  if (asked === undefined) return size;
  if (asked > size) yield* settle(sys.pwrite(fd, new Uint8Array(1), asked - 1));
  return asked;
}

/** What an open device or file holds. */
export function* identify(sys: Sys, fd: number): Steps<VolumeId | undefined> {
  const size = yield* deviceSize(sys, fd);
  return volumeId((offset, length) => {
    if (offset < 0 || offset + length > size) return undefined;
    try {
      const chunk = sys.pread(fd, length, offset);
      // Disks never wait.
      if (isSteps(chunk) || chunk.length < length) return undefined;
      return chunk;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return undefined;
    }
  });
}

/** What a path holds; undefined also when it cannot be opened. */
export function* identifyPath(sys: Sys, path: string): Steps<VolumeId | undefined> {
  let fd: number;
  try {
    fd = yield* settle(sys.openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
  try {
    return yield* identify(sys, fd);
  } finally {
    sys.close(fd);
  }
}

/** Block nodes below a directory, by device number; the first of several names counts. */
export function* blockNodes(sys: Sys, dir = "/dev"): Steps<Map<number, string>> {
  const nodes = new Map<number, string>();
  yield* collect(sys, dir, nodes, 0);
  return nodes;
}

function* collect(sys: Sys, dir: string, nodes: Map<number, string>, depth: number): Steps<void> {
  if (depth > MAX_DEPTH) return;
  let names: string[];
  try {
    const entries = yield* readDir(sys, dir);
    names = entries.map((entry) => entry.name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return;
  }
  const below: string[] = [];
  for (const name of names) {
    if (name === "." || name === "..") continue;
    const path = `${dir}/${name}`;
    const st = sys.tryStatat(AT_FDCWD, path, 0x100);
    if (st instanceof Errno) continue;
    if (S_ISBLK(st.mode) && !nodes.has(st.rdev)) nodes.set(st.rdev, path);
    else if ((st.mode & 0o170000) === 0o040000) below.push(path);
  }
  for (const path of below) yield* collect(sys, path, nodes, depth + 1);
}

/** A device and what it holds. */
export interface Volume {
  readonly device: string;
  readonly id: VolumeId;
}

/** Devices of /proc/partitions that hold something known, the last first. */
export function* volumes(sys: Sys): Steps<Volume[]> {
  const table = (yield* readText(sys, "/proc/partitions", 1 << 20)) ?? "";
  const nodes = yield* blockNodes(sys);
  const found: Volume[] = [];
  const rows = table.split("\n");
  for (const row of rows) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)/.exec(row);
    if (match === null) continue;
    const rdev = ((Number(match[1]) & 0xfff) << 8) | minorBits(Number(match[2]));
    const device = nodes.get(rdev) ?? `/dev/${match[4]}`;
    if (tryStat(sys, device) === undefined) continue;
    const id = yield* identifyPath(sys, device);
    if (id !== undefined) found.push({ device, id });
  }
  return found.reverse();
}

function minorBits(minor: number): number {
  return (minor & 0xff) | ((minor & ~0xff) << 12);
}

/** The device that "UUID=…" or "LABEL=…" means, undefined when none does; other names as they are. */
export function* resolveDevice(sys: Sys, name: string): Steps<string | undefined> {
  const match = /^(UUID|LABEL)=(?:"(.*)"|(.*))$/s.exec(name);
  if (match === null) return name;
  const wanted = match[2] ?? match[3] ?? "";
  const all = yield* volumes(sys);
  const found = all.find(({ id }) =>
    match[1] === "UUID" ? sameUuid(wanted, id.uuid) : sameLabel(wanted, id.label),
  );
  return found?.device;
}
