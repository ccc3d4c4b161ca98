// Boot media: file systems with a repository of packages or with a saved configuration, found on disks and optical drives.
import { Errno } from "../abi/errno.ts";
import { MS_RDONLY } from "../abi/mount.ts";
import type { Steps } from "../abi/program.ts";
import { S_ISDIR } from "../libc/stat.ts";
import { readDir, tryStat } from "../libc/unistd.ts";
import type { Early } from "./early.ts";

/** What was found. */
export interface Media {
  /** Folders of repositories: those that hold `.boot_repository`. */
  readonly repositories: string[];
  /** Saved configurations: `*.apkovl.tar.gz`, perhaps encrypted. */
  readonly overlays: string[];
  /** Is there an image of the kernel's modules? */
  modloop: boolean;
}

/** File systems that media have. */
const TYPES = ["iso9660", "vfat", "ext4", "squashfs"];
/** Folders below a medium are looked into so deep. */
const DEPTH = 1;
const OVERLAY = /\.apkovl\.tar\.gz(\.[a-z0-9-]+)?$/;

/** Looks at what is mounted below /media and mounts whatever else the machine has. */
export function* findMedia(early: Early): Steps<Media> {
  const found: Media = { repositories: [], overlays: [], modloop: false };
  if (early.exists("/media")) {
    const there = yield* readDir(early.sys, "/media");
    for (const { name } of there) yield* search(early, `/media/${name}`, found, 0);
  }
  const devices = yield* partitions(early);
  for (const device of devices) {
    const target = `/media/${device.startsWith("sr") ? "cdrom" : device}`;
    early.mkdirs(target);
    if (!TYPES.some((type) => early.mount(`/dev/${device}`, target, type, MS_RDONLY))) {
      forget(early, target);
      continue;
    }
    const before = found.repositories.length + found.overlays.length;
    yield* search(early, target, found, 0);
    if (found.repositories.length + found.overlays.length > before) continue;
    early.sys.umount2(target, 0);
    forget(early, target);
  }
  return found;
}

function forget(early: Early, dir: string): void {
  try {
    early.sys.unlinkat(-100, dir, 0x200);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** Names of block devices that may hold a file system: partitions, and disks without any. */
function* partitions(early: Early): Steps<string[]> {
  const lines = (yield* early.text("/proc/partitions")).split("\n").slice(2);
  const names = lines
    .map((line) => line.trim().split(/\s+/)[3] ?? "")
    .filter((name) => name !== "");
  const whole = (name: string): boolean =>
    !names.some((other) => other !== name && other.startsWith(name));
  return names.filter((name) => !/^(loop|ram)/.test(name) && whole(name));
}

function* search(early: Early, dir: string, found: Media, depth: number): Steps<void> {
  const entries = yield* readDir(early.sys, dir);
  for (const { name } of entries) {
    const path = `${dir}/${name}`;
    if (name === ".boot_repository") found.repositories.push(dir);
    else if (name.startsWith("modloop-")) found.modloop = true;
    else if (depth === 0 && OVERLAY.test(name)) found.overlays.push(path);
    else if (depth < DEPTH && S_ISDIR(tryStat(early.sys, path)?.mode ?? 0))
      yield* search(early, path, found, depth + 1);
  }
}
