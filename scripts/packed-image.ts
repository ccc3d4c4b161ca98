// Writes images in the form that imagefs/packed.ts describes.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import {
  PACKED_HEADER,
  PACKED_MAGIC,
  type PackedDirectory,
  type PackedNode,
} from "../src/kernel/fs/imagefs/packed.ts";

/** When Alpine 3.20.3 was released: the time of every file, so that builds are reproducible. */
const MTIME = Date.UTC(2024, 8, 6) / 1000;

/** An image being put together. Paths are absolute; the directory of a path must be there. */
export class PackedImage {
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

  dir(path: string, mode: number, uid = 0, gid = 0): void {
    if (path === "/") this.root.splice(0, 3, 0o40000 | mode, uid, gid);
    else this.#add(path, [0o40000 | mode, uid, gid, {}, 0]);
  }

  /** A directory and those above it, unless they are there. */
  ensureDir(path: string): void {
    if (path === "") return;
    this.ensureDir(path.slice(0, path.lastIndexOf("/")));
    const [dir, name] = this.#parent(path);
    if (dir[3][name] === undefined) this.dir(path, 0o755);
  }

  symlink(path: string, target: string): void {
    const [dir, name] = this.#parent(path);
    dir[5] ??= {};
    dir[5][target] = dir[5][target] === undefined ? name : `${dir[5][target]} ${name}`;
  }

  file(path: string, mode: number, uid: number, gid: number, bytes: Uint8Array): void {
    this.#add(path, [0o100000 | mode, uid, gid, this.#size, bytes.length]);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** Adds a folder of the host: all is root's; of modes only "executable" counts. */
  addTree(folder: string, at: string): void {
    this.ensureDir(at);
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${at}/${entry.name}`;
      const source = `${folder}/${entry.name}`;
      if (entry.isDirectory()) this.addTree(source, path);
      else if (entry.isSymbolicLink()) this.symlink(path, readlinkSync(source, "latin1"));
      else
        this.file(path, statSync(source).mode & 0o100 ? 0o755 : 0o644, 0, 0, readFileSync(source));
    }
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
