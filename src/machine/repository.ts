// The packages that ship with Bivy, as machines see them.
import { ImageFs, type ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import { lazyImage } from "../kernel/fs/imagefs/lazy.ts";
import type { MountOptions } from "./machine.ts";

/** The mount that /etc/apk/repositories names first. `load` is called when a machine first looks at it. */
export function repositoryMount(load: () => ImageNode): MountOptions {
  const image = lazyImage(load);
  return {
    fileSystem: (kernel) => new ImageFs(kernel, image),
    target: "/media/bivy",
    readOnly: true,
    source: "bivy",
  };
}
