// Loads the packed root image.
import { readFileSync } from "node:fs";
import type { ImageNode } from "../../kernel/fs/imagefs/imagefs.ts";
import { imageOf } from "../../kernel/fs/imagefs/packed.ts";

/** The image in a file; throws FormatError when it is none. */
export function loadImage(file: string): ImageNode {
  return imageOf(readFileSync(file));
}
