// The system that ships with Bivy.
import { loadImage } from "../host/node/image.ts";
import type { ImageNode } from "../kernel/fs/imagefs/imagefs.ts";

/** Read anew by each caller, who keeps it. */
export function embeddedImage(): ImageNode {
  // The folder of the bundle, which bin/bivy.cjs passes.
  return loadImage(`${__dirname}/rootfs.img`);
}
