// Swap areas: swapon(2), swapoff(2), /proc/swaps. Accounting only: memory here is the host's, no page is ever moved out.

import { SWAP_FLAG_PREFER, SWAP_FLAG_PRIO_MASK } from "../../abi/block.ts";
import { EBUSY, EINVAL, EPERM, EROFS } from "../../abi/errno.ts";
import { AT_FDCWD, O_RDWR } from "../../abi/fcntl.ts";
import { isSteps } from "../../abi/program.ts";
import { S_IFBLK, S_IFMT, S_IFREG } from "../../abi/stat.ts";
import type { File, Path } from "../fs/file.ts";
import { pathName, resolve } from "../fs/namei.ts";
import type { Kernel } from "../kernel.ts";
import { openPath } from "../syscalls/open.ts";
import type { Task } from "../task.ts";
import type { Bdev } from "./genhd.ts";
import { lookupBdev } from "./mount.ts";

const PAGE = 4096;
const MAGIC = "SWAPSPACE2";
const MAX_SWAPFILES = 29;

interface SwapArea {
  readonly path: Path;
  readonly file: File;
  readonly bdev: Bdev | undefined;
  /** Usable pages: without the header and bad pages. */
  readonly pages: number;
  readonly priority: number;
}

function swapAreas(kernel: Kernel): SwapArea[] {
  return kernel.slot("swap", (): SwapArea[] => []);
}

/** Bytes of swap space that is switched on; none of it is ever used. */
export function totalSwap(kernel: Kernel): number {
  let pages = 0;
  for (const area of swapAreas(kernel)) pages += area.pages;
  return pages * PAGE;
}

function le32(b: Uint8Array, at: number): number {
  return new DataView(b.buffer, b.byteOffset, b.length).getUint32(at, true);
}

/** Pages that the header promises; EINVAL when it is none or does not fit. */
function usablePages(header: Uint8Array, size: number): number {
  if (header.length < PAGE) throw EINVAL;
  for (let i = 0; i < MAGIC.length; i++) {
    if (header[PAGE - MAGIC.length + i] !== MAGIC.charCodeAt(i)) throw EINVAL;
  }
  const version = le32(header, 1024);
  const last = le32(header, 1028);
  const bad = le32(header, 1032);
  if (version !== 1 || last === 0 || bad > (PAGE - 1024 - 512 - 10) / 4) throw EINVAL;
  if ((last + 1) * PAGE > size) throw EINVAL;
  if (bad >= last) throw EINVAL;
  return last - bad;
}

/** swapon(2). */
export function swapon(task: Task, path: string, flags: number): void {
  if (task.cred.euid !== 0) throw EPERM;
  const { kernel } = task;
  const areas = swapAreas(kernel);
  if (areas.length >= MAX_SWAPFILES) throw EPERM;
  const at = resolve(task, AT_FDCWD, path, 0);
  const { inode } = at.dentry;
  const type = inode.mode & S_IFMT;
  if (type !== S_IFBLK && type !== S_IFREG) throw EINVAL;
  if (areas.some((area) => area.path.dentry.inode === inode)) throw EBUSY;
  const bdev = type === S_IFBLK ? lookupBdev(kernel, task, path) : undefined;
  if (bdev?.readonly === true) throw EROFS;
  const opened = openPath(task, at, O_RDWR);
  if (isSteps(opened)) throw EINVAL;
  try {
    bdev?.claim(opened);
    const header = opened.readAt(task, 0, PAGE);
    if (isSteps(header)) throw EINVAL;
    const size = bdev?.size ?? inode.stat().size;
    const pages = usablePages(header, size);
    const lowest = areas.reduce((least, area) => Math.min(least, area.priority), -1);
    const prefer = (flags & SWAP_FLAG_PREFER) !== 0;
    const priority = prefer ? flags & SWAP_FLAG_PRIO_MASK : Math.min(lowest, -1) - 1;
    areas.push({ path: at, file: opened, bdev, pages, priority });
    areas.sort((a, b) => b.priority - a.priority);
  } catch (error) {
    bdev?.unclaim(opened);
    opened.put();
    throw error;
  }
}

/** swapoff(2). */
export function swapoff(task: Task, path: string): void {
  if (task.cred.euid !== 0) throw EPERM;
  const areas = swapAreas(task.kernel);
  const at = resolve(task, AT_FDCWD, path, 0);
  const { inode } = at.dentry;
  const index = areas.findIndex(
    (area) =>
      area.path.dentry.inode === inode ||
      (area.bdev !== undefined &&
        area.bdev.rdev === inode.rdev &&
        (inode.mode & S_IFMT) === S_IFBLK),
  );
  const area = areas[index];
  if (area === undefined) throw EINVAL;
  areas.splice(index, 1);
  area.bdev?.unclaim(area.file);
  area.file.put();
}

/** /proc/swaps. */
export function swapsText(kernel: Kernel): string {
  let out = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
  for (const { path, bdev, pages, priority } of swapAreas(kernel)) {
    const name = pathName(path, kernel.ns.root).replace(
      /[ \t\n\\]/g,
      (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`,
    );
    const gap = " ".repeat(name.length < 40 ? 40 - name.length : 1);
    const size = pages * 4;
    const type = bdev === undefined ? "file\t" : "partition";
    out += `${name}${gap}${type}\t${size}\t${size < 10_000_000 ? "\t" : ""}0\t\t${priority}\n`;
  }
  return out;
}
