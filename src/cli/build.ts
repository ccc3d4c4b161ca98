// bivy build: images on the host.
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { bootMedium } from "../image/iso.ts";
import type { TreeNode } from "../image/tree.ts";
import type { ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import { strOf } from "../lib/bytes.ts";
import { embeddedImage, embeddedInitramfs, embeddedRepositoryImage } from "./image.ts";
import { UsageError } from "./options.ts";

const ARCH = "riscv64";
/** The time of all files: that of the release, so that builds are equal. */
const TIME = Date.UTC(2024, 8, 6) / 1000;
/** What a medium tells the kernel, as Alpine's do. */
export const MEDIUM_CMDLINE = "modules=loop,squashfs,sd-mod,usb-storage quiet console=ttyS0";

function treeOf(name: string, node: ImageNode): TreeNode {
  const { mode, uid, gid, content, target, children } = node;
  const common = { name, mode, uid, gid, mtime: TIME };
  if (children !== undefined)
    return { ...common, children: Array.from(children, ([each, child]) => treeOf(each, child)) };
  if (target !== undefined) return { ...common, target };
  return { ...common, data: content ?? new Uint8Array() };
}

function child(node: ImageNode | undefined, path: string): ImageNode | undefined {
  return path.split("/").reduce<ImageNode | undefined>((at, name) => at?.children?.get(name), node);
}

/** Writes the boot medium; whatever was there stays until the new one is whole. */
function buildIso(path: string): void {
  const release = child(embeddedImage(), "etc/alpine-release")?.content;
  const apks = child(embeddedRepositoryImage(), "apks");
  if (release === undefined || apks === undefined) throw new Error("bug: no system to build from");
  const pieces = bootMedium({
    release: strOf(release).trim(),
    arch: ARCH,
    initramfs: treeOf("", embeddedInitramfs()),
    repository: treeOf("apks", apks),
    cmdline: MEDIUM_CMDLINE,
    time: TIME,
  });
  const temporary = `${path}.part`;
  try {
    const fd = openSync(temporary, "w");
    for (const piece of pieces) writeSync(fd, piece);
    closeSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError((error as Error).message);
  }
}

/** `bivy build`. */
export function buildCommand(words: readonly string[], help: string): number {
  const [what, path, ...more] = words;
  if (what === "--help") {
    process.stdout.write(help);
    return 0;
  }
  if (what !== "iso") throw new UsageError(`unknown kind of image: ${what ?? ""}`);
  if (path === undefined || more.length > 0) throw new UsageError("'bivy build iso' wants a file");
  buildIso(path);
  return 0;
}
