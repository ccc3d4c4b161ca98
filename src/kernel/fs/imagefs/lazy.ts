// An image that is loaded when something in it is first looked at.
import { S_IFDIR } from "../../../abi/stat.ts";
import type { ImageNode } from "./imagefs.ts";

/** The root of an image that `load` brings; its own mode and owner are 0755 of root. */
export function lazyImage(load: () => ImageNode): ImageNode {
  let loaded: ImageNode | undefined;
  const root = (): ImageNode => {
    loaded ??= load();
    return loaded;
  };
  return {
    ino: 1,
    mode: S_IFDIR | 0o755,
    uid: 0,
    gid: 0,
    mtimeSec: 0,
    nlink: 2,
    rdev: 0,
    get children() {
      return root().children ?? new Map<string, ImageNode>();
    },
  };
}
