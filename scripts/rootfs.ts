// The root image: packs rootfs/manifest and its files, with a link for each applet, as imagefs/packed.ts describes.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { allApplets } from "../src/busybox/applets.ts";
import {
  PACKED_HEADER,
  PACKED_MAGIC,
  type PackedDirectory,
  type PackedNode,
} from "../src/kernel/fs/imagefs/packed.ts";

/** When Alpine 3.20.3 was released: the time of every file, so that builds are reproducible. */
const MTIME = Date.UTC(2024, 8, 6) / 1000;
const BUSYBOX = "/bin/busybox";

class Image {
  readonly root: PackedDirectory = [0o40755, 0, 0, {}, 0];
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  #parent(path: string): [dir: PackedDirectory, name: string] {
    const parts = path.split("/").slice(1);
    const name = parts.pop() as string;
    let dir = this.root;
    for (const part of parts) {
      const next = dir[3][part];
      if (next === undefined || typeof next[3] !== "object")
        throw new Error(`${path}: no directory for it`);
      dir = next as PackedDirectory;
    }
    return [dir, name];
  }

  #add(path: string, node: PackedNode): void {
    const [dir, name] = this.#parent(path);
    dir[3][name] = node;
  }

  dir(path: string, mode: number, uid: number, gid: number): void {
    if (path === "/") this.root.splice(0, 3, 0o40000 | mode, uid, gid);
    else this.#add(path, [0o40000 | mode, uid, gid, {}, 0]);
  }

  ensureDir(path: string): void {
    const [dir, name] = this.#parent(path);
    if (dir[3][name] === undefined) this.dir(path, 0o755, 0, 0);
  }

  setMode(path: string, mode: number, uid: number, gid: number): void {
    const [dir, name] = this.#parent(path);
    const node = dir[3][name];
    if (node === undefined) throw new Error(`${path}: not there`);
    node.splice(0, 3, (node[0] & 0o170000) | mode, uid, gid);
  }

  symlink(path: string, mode: number, uid: number, gid: number, target: string): void {
    this.#add(path, [0o120000 | mode, uid, gid, target]);
  }

  file(path: string, mode: number, uid: number, gid: number, bytes: Uint8Array): void {
    this.#add(path, [0o100000 | mode, uid, gid, this.#size, bytes.length]);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** One of many links to one target. */
  applet(path: string, target: string): void {
    const [dir, name] = this.#parent(path);
    dir[5] ??= {};
    dir[5][target] = dir[5][target] === undefined ? name : `${dir[5][target]} ${name}`;
  }

  /** Numbers the objects, a directory's together; the next free number. */
  #number(dir: PackedDirectory, next: number): number {
    const children = Object.values(dir[3]);
    const links = Object.values(dir[5] ?? {}).join(" ");
    dir[4] = next;
    let after = next + children.length + (links === "" ? 0 : links.split(" ").length);
    for (const child of children) {
      if (typeof child[3] === "object") after = this.#number(child as PackedDirectory, after);
    }
    return after;
  }

  bytes(): Uint8Array {
    this.#number(this.root, 2);
    const index = Buffer.from(JSON.stringify({ mtime: MTIME, root: this.root }), "latin1");
    const head = Buffer.alloc(PACKED_HEADER);
    head.write(PACKED_MAGIC, "latin1");
    head.writeUInt32LE(index.length, PACKED_MAGIC.length);
    return Buffer.concat([head, index, ...this.#chunks]);
  }
}

/** Adds a package's files: all that is below `folder`, owned by root; of modes only "executable" counts. */
function addTree(image: Image, folder: string, at = ""): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${at}/${entry.name}`;
    const source = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      image.ensureDir(path);
      addTree(image, source, path);
    } else if (entry.isSymbolicLink())
      image.symlink(path, 0o777, 0, 0, readlinkSync(source, "latin1"));
    else
      image.file(path, statSync(source).mode & 0o100 ? 0o755 : 0o644, 0, 0, readFileSync(source));
  }
}

/** Makes the image from the folder `rootfs/`. */
export function buildRootfs(folder: string): Uint8Array {
  const image = new Image();
  for (const line of readFileSync(`${folder}/manifest`, "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const words = line.split(" ");
    const [kind, path = "", source = ""] = words;
    const [mode = 0, uid = 0, gid = 0] = words
      .slice(-3)
      .map((word, i) => Number.parseInt(word, i === 0 ? 8 : 10));
    if (kind === "dir") image.dir(path, mode, uid, gid);
    else if (kind === "slink") image.symlink(path, mode, uid, gid, source);
    else if (kind === "file")
      image.file(path, mode, uid, gid, readFileSync(`${folder}/files/${source}`));
    else if (kind === "tree") addTree(image, `${folder}/../${path}`);
    else if (kind === "mode") image.setMode(path, mode, uid, gid);
    else throw new Error(`manifest: ${line}`);
  }
  const applets = allApplets().sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const applet of applets) if (applet.path !== BUSYBOX) image.applet(applet.path, BUSYBOX);
  const paths = applets.map((applet) => `${applet.path.slice(1)}\n`).join("");
  image.file("/etc/busybox-paths.d/busybox", 0o644, 0, 0, Buffer.from(paths, "latin1"));
  return image.bytes();
}
