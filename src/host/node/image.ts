// Loads the packed root image.
import { readFileSync } from "node:fs";
import type { ImageNode } from "../../kernel/fs/imagefs/imagefs.ts";
import { PACKED_HEADER, PACKED_MAGIC, packedImage } from "../../kernel/fs/imagefs/packed.ts";
import { FormatError } from "../../lib/format-error.ts";

/** The image in a file; throws FormatError when it is none. */
export function loadImage(file: string): ImageNode {
  const bytes = readFileSync(file);
  if (bytes.toString("latin1", 0, PACKED_MAGIC.length) !== PACKED_MAGIC)
    throw new FormatError("magic", `${file}: not a root image`);
  const end = PACKED_HEADER + bytes.readUInt32LE(PACKED_MAGIC.length);
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + end, bytes.length - end);
  return packedImage(bytes.toString("latin1", PACKED_HEADER, end), data);
}
