// Host folders as file systems of a machine.
import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { HostFs } from "../../kernel/fs/hostfs/hostfs.ts";
import type { SuperBlock } from "../../kernel/fs/inode.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { type FolderOptions, NodeFiles } from "./files.ts";

/**
 * A folder of the host, for a machine's `mounts`: `{ fileSystem: hostFolder("data"), target: "/data" }`.
 * The guest sees what is below it and nothing else of the host. Throws Errno when it cannot be opened.
 */
export function hostFolder(
  folder: string,
  options: FolderOptions = {},
): (kernel: Kernel) => SuperBlock {
  return (kernel) => new HostFs(kernel, new NodeFiles(folder, options));
}

/** As hostFolder; of a file, that file alone. */
export function folderOrFile(
  path: string,
  options: FolderOptions = {},
): (kernel: Kernel) => SuperBlock {
  if (statSync(path).isDirectory()) return hostFolder(path, options);
  const name = Buffer.from(basename(path)).toString("latin1");
  return (kernel) => new HostFs(kernel, new NodeFiles(dirname(path), options), name);
}
