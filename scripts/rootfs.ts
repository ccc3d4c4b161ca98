// The root image: packs rootfs/manifest and its files, with a link for each applet, into dist/rootfs.img.
//
// The form is made for loading, not for exchange: no parsing but one JSON.parse, no copying.
//
//     "BIVYIMG1" | index length, u32 little endian | index (JSON, ASCII) | file contents
//
// Index: { mtime, root }. A node is an array: [mode, uid, gid, entries] for a directory (entries is an
// object from name to node), [mode, uid, gid, target] for a link, [mode, uid, gid, offset, size] for a
// file, offsets counted from the end of the index. Modes include the file type. The names of `l`, if
// there, are links with mode 0777 of root: { target: "name name ..." }.
import { readFileSync } from "node:fs";
import { allApplets } from "../src/busybox/applets.ts";

type DirNode = [mode: number, uid: number, gid: number, entries: Entries, links?: Links];
type Node =
  | DirNode
  | [mode: number, uid: number, gid: number, target: string]
  | [mode: number, uid: number, gid: number, offset: number, size: number];
type Entries = { [name: string]: Node };
type Links = { [target: string]: string };

/** When Alpine 3.20.3 was released: the time of every file, so that builds are reproducible. */
const MTIME = Date.UTC(2024, 8, 6) / 1000;
const BUSYBOX = "/bin/busybox";

class Image {
  readonly root: DirNode = [0o40755, 0, 0, {}];
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  #parent(path: string): [dir: DirNode, name: string] {
    const parts = path.split("/").slice(1);
    const name = parts.pop() as string;
    let dir = this.root;
    for (const part of parts) {
      const next = dir[3][part];
      if (next === undefined || typeof next[3] !== "object")
        throw new Error(`${path}: no directory for it`);
      dir = next as DirNode;
    }
    return [dir, name];
  }

  add(path: string, node: Node): void {
    const [dir, name] = this.#parent(path);
    dir[3][name] = node;
  }

  dir(path: string, mode: number, uid: number, gid: number): void {
    if (path === "/") this.root.splice(0, 3, 0o40000 | mode, uid, gid);
    else this.add(path, [0o40000 | mode, uid, gid, {}]);
  }

  file(path: string, mode: number, uid: number, gid: number, bytes: Uint8Array): void {
    this.add(path, [0o100000 | mode, uid, gid, this.#size, bytes.length]);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** Many links to one target in one directory cost a word each. */
  link(path: string, target: string): void {
    const [dir, name] = this.#parent(path);
    dir[4] ??= {};
    dir[4][target] = dir[4][target] === undefined ? name : `${dir[4][target]} ${name}`;
  }

  bytes(): Uint8Array {
    const index = Buffer.from(JSON.stringify({ mtime: MTIME, root: this.root }), "latin1");
    const head = Buffer.alloc(12);
    head.write("BIVYIMG1", "latin1");
    head.writeUInt32LE(index.length, 8);
    return Buffer.concat([head, index, ...this.#chunks]);
  }
}

/** Makes the image from the folder `rootfs/`. */
export function buildRootfs(folder: string): Uint8Array {
  const image = new Image();
  for (const line of readFileSync(`${folder}/manifest`, "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const words = line.split(" ");
    const [kind, path = ""] = words;
    const [mode = 0, uid = 0, gid = 0] = words.slice(-3).map((w, i) => parseInt(w, i ? 10 : 8));
    const source = words[2] ?? "";
    if (kind === "dir") image.dir(path, mode, uid, gid);
    else if (kind === "slink") image.add(path, [0o120000 | mode, uid, gid, source]);
    else if (kind === "file")
      image.file(path, mode, uid, gid, readFileSync(`${folder}/files/${source}`));
    else throw new Error(`manifest: ${line}`);
  }
  const applets = allApplets().sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const applet of applets) if (applet.path !== BUSYBOX) image.link(applet.path, BUSYBOX);
  const paths = applets.map((applet) => `${applet.path.slice(1)}\n`).join("");
  image.file("/etc/busybox-paths.d/busybox", 0o644, 0, 0, Buffer.from(paths, "latin1"));
  return image.bytes();
}
