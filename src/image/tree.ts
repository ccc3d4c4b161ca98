// Trees of files that images are made of. (A node of an ISO image has all that any of them needs.)
import { S_IFDIR, S_IFREG } from "../abi/stat.ts";
import { bytesOf } from "../lib/bytes.ts";
import type { IsoNode } from "../lib/iso9660.ts";

export type TreeNode = IsoNode;

export function directory(name: string, mtime: number, children: readonly TreeNode[]): TreeNode {
  return { name, mode: S_IFDIR | 0o755, mtime, children };
}

export function file(
  name: string,
  mtime: number,
  content: Uint8Array | string,
  mode = 0o644,
): TreeNode {
  const data = typeof content === "string" ? bytesOf(content) : content;
  return { name, mode: S_IFREG | mode, mtime, data };
}
