// An initramfs: a tree as a compressed cpio archive, as the Linux kernel unpacks it (newc).
import { S_IFDIR, S_IFMT } from "../abi/stat.ts";
import { bytesOf, concat } from "../lib/bytes.ts";
import { CpioReader, cpioHeader, cpioPadding, cpioTrailer } from "../lib/cpio.ts";
import { FormatError } from "../lib/format-error.ts";
import { Gunzip, Gzip } from "../lib/gzip.ts";
import type { TreeNode } from "./tree.ts";

/** The most that an initramfs may unpack to. */
const SIZE_MAX = 256 * 1024 * 1024;

/** An object of an archive. */
export interface ArchiveEntry {
  /** Without a slash at either end. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Content of a file, target of a link. */
  readonly data: Uint8Array;
}

function* walk(node: TreeNode, at: string): Generator<[path: string, node: TreeNode]> {
  for (const child of node.children ?? []) {
    const path = at === "" ? child.name : `${at}/${child.name}`;
    yield [path, child];
    yield* walk(child, path);
  }
}

function contentOf(node: TreeNode): Uint8Array {
  if (node.target !== undefined) return bytesOf(node.target);
  if (node.data instanceof Uint8Array) return node.data;
  return node.data === undefined ? new Uint8Array() : concat([...node.data.read()]);
}

/** Packs a tree. */
export function packInitramfs(root: TreeNode): Uint8Array {
  const gzip = new Gzip({ level: 9 });
  const out: Uint8Array[] = [];
  let ino = 1;
  for (const [name, node] of walk(root, "")) {
    const data = contentOf(node);
    const header = cpioHeader({
      name,
      ino: ino++,
      mode: node.mode,
      uid: node.uid ?? 0,
      gid: node.gid ?? 0,
      nlink: (node.mode & S_IFMT) === S_IFDIR ? 2 : 1,
      mtime: node.mtime,
      size: data.length,
      devmajor: 0,
      devminor: 0,
      rdevmajor: (node.rdev ?? 0) >>> 8,
      rdevminor: (node.rdev ?? 0) & 0xff,
    });
    for (const piece of [header, data, cpioPadding(data.length)]) out.push(gzip.encode(piece));
  }
  out.push(gzip.encode(cpioTrailer()), gzip.end());
  return concat(out);
}

/** Unpacks an archive; throws FormatError for what is none, or is too big. */
export function unpackInitramfs(bytes: Uint8Array): ArchiveEntry[] {
  const gunzip = new Gunzip();
  gunzip.push(bytes);
  gunzip.end();
  const reader = new CpioReader();
  let size = 0;
  for (let block = gunzip.read(); block !== undefined; block = gunzip.read()) {
    size += block.length;
    if (size > SIZE_MAX) throw new FormatError("unsupported", "initramfs too big");
    reader.push(block);
  }
  if (!gunzip.done) throw new FormatError("eof", "short read");
  reader.end();
  const entries: ArchiveEntry[] = [];
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    const pieces: Uint8Array[] = [];
    for (let piece = reader.read(); piece !== undefined; piece = reader.read()) pieces.push(piece);
    const path = entry.name.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
    if (path === "" || path === ".") continue;
    if (path.split("/").includes("..")) throw new FormatError("data", `unsafe path: ${path}`);
    entries.push({ path, mode: entry.mode, uid: entry.uid, gid: entry.gid, data: concat(pieces) });
  }
  return entries;
}
