// The system that ships with Bivy.
import { loadImage } from "../host/node/image.ts";
import type { ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import type { MountOptions } from "../machine/machine.ts";
import { repositoryMount } from "../machine/repository.ts";

/** Read anew by each caller, who keeps it. */
export function embeddedImage(): ImageNode {
  // The folder of the bundle, which bin/bivy.cjs passes.
  return loadImage(`${__dirname}/rootfs.img`);
}

/** What a computer starts from. */
export function embeddedInitramfs(): ImageNode {
  return loadImage(`${__dirname}/initramfs.img`);
}

/** Its packages. */
export function embeddedRepositoryImage(): ImageNode {
  return loadImage(`${__dirname}/repository.img`);
}

/** Its packages as machines see them. */
export function embeddedRepository(): MountOptions {
  return repositoryMount(embeddedRepositoryImage);
}
