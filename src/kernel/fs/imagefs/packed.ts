// The packed form of images, which scripts/packed-image.ts writes: an index that is opened directory by directory, as it is used.
//
//     "BIVYIMG1" | length of the index, u32 little endian | index (JSON, ASCII) | file contents
//
// The index is { mtime, root }, a node one of
//
//     [mode, uid, gid, {name: node}, first, {target: "name name …"}]   directory
//     [mode, uid, gid, "target"]                                       symbolic link
//     [mode, uid, gid, offset, size]                                   file; offset counts from the end of the index
//
// Modes have their type bits. The objects of a directory are numbered from `first` on, in the order of
// the entries and then of the links, which are links with mode 0777 of root and cost one word each.
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../../abi/stat.ts";
import { strOf } from "../../../lib/bytes.ts";
import { FormatError } from "../../../lib/format-error.ts";
import type { ImageNode } from "./imagefs.ts";

export const PACKED_MAGIC = "BIVYIMG1";
/** Where the index begins. */
export const PACKED_HEADER = 12;

export type PackedEntries = { [name: string]: PackedNode };
export type PackedDirectory = [
  mode: number,
  uid: number,
  gid: number,
  entries: PackedEntries,
  first: number,
  links?: { [target: string]: string },
];
export type PackedNode =
  | PackedDirectory
  | [mode: number, uid: number, gid: number, target: string]
  | [mode: number, uid: number, gid: number, offset: number, size: number];

/** What all objects of an image have in common. */
interface Store {
  mtime: number;
  data: Uint8Array;
}

abstract class PackedObject implements ImageNode {
  readonly ino: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly nlink: number = 1;
  readonly rdev = 0;

  constructor(ino: number, node: PackedNode, store: Store) {
    this.ino = ino;
    this.mode = node[0];
    this.uid = node[1];
    this.gid = node[2];
    this.mtimeSec = store.mtime;
  }
}

class PackedLink extends PackedObject {
  readonly target: string;

  constructor(ino: number, target: string, node: PackedNode, store: Store) {
    super(ino, node, store);
    this.target = target;
  }
}

class PackedFile extends PackedObject {
  readonly content: Uint8Array;

  constructor(ino: number, offset: number, size: number, node: PackedNode, store: Store) {
    super(ino, node, store);
    this.content = store.data.subarray(offset, offset + size);
    if (this.content.length !== size) throw new FormatError("eof", "image is cut off");
  }
}

class PackedDir extends PackedObject {
  readonly #node: PackedDirectory;
  readonly #store: Store;
  #children: ReadonlyMap<string, ImageNode> | undefined;
  override readonly nlink: number;

  constructor(ino: number, node: PackedDirectory, store: Store) {
    super(ino, node, store);
    this.#node = node;
    this.#store = store;
    let dirs = 0;
    for (const child of Object.values(node[3])) if (typeof child[3] === "object") dirs++;
    this.nlink = 2 + dirs;
  }

  get children(): ReadonlyMap<string, ImageNode> {
    this.#children ??= this.#open();
    return this.#children;
  }

  #open(): ReadonlyMap<string, ImageNode> {
    const store = this.#store;
    const [, , , entries, first, links = {}] = this.#node;
    const children = new Map<string, ImageNode>();
    let ino = first;
    for (const [name, node] of Object.entries(entries)) {
      children.set(name, objectOf(ino++, node, store));
    }
    for (const [target, names] of Object.entries(links)) {
      const node: PackedNode = [S_IFLNK | 0o777, 0, 0, target];
      for (const name of names.split(" ")) {
        children.set(name, new PackedLink(ino++, target, node, store));
      }
    }
    return children;
  }
}

function objectOf(ino: number, node: PackedNode, store: Store): ImageNode {
  const type = node[0] & S_IFMT;
  const what = node[3];
  if (type === S_IFDIR && typeof what === "object")
    return new PackedDir(ino, node as PackedDirectory, store);
  if (type === S_IFLNK && typeof what === "string") return new PackedLink(ino, what, node, store);
  if (type === S_IFREG && typeof what === "number")
    return new PackedFile(ino, what, node[4] as number, node, store);
  throw new FormatError("data", "object of unknown type");
}

/** The image whose index (as text) and contents were loaded. `data` must not change any more. */
export function packedImage(index: string, data: Uint8Array): ImageNode {
  const { mtime, root } = JSON.parse(index) as { mtime: number; root: PackedNode };
  return objectOf(1, root, { mtime, data });
}

/** The image in a file's bytes; throws FormatError when it is none. */
export function imageOf(bytes: Uint8Array): ImageNode {
  if (strOf(bytes, 0, PACKED_MAGIC.length) !== PACKED_MAGIC) {
    throw new FormatError("magic", "not a root image");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = PACKED_HEADER + view.getUint32(PACKED_MAGIC.length, true);
  return packedImage(strOf(bytes, PACKED_HEADER, end), bytes.subarray(end));
}
