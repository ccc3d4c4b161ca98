// Builds the index of an image from layers of tar archives (OCI image-spec, layer.md: whiteouts).
import {
  makedev,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../../abi/stat.ts";
import { bytesOf, concat } from "../../../lib/bytes.ts";
import { FormatError } from "../../../lib/format-error.ts";
import { type TarFile, TarReader } from "../../../lib/tar.ts";
import type { ImageNode } from "./imagefs.ts";

/** Components of a path, at most: deeper trees serve only to exhaust walkers. */
const MAX_DEPTH = 512;
const MAX_LINKS = 40;
const NAME_MAX = 255;
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/** An image object while it is being built. */
export interface DraftNode {
  ino: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeSec: number;
  nlink: number;
  rdev: number;
  content?: Uint8Array;
  target?: string;
  children?: Map<string, DraftNode>;
  xattrs?: Map<string, Uint8Array>;
}

/** What a new object starts with; type bits in `mode`. */
export interface Entry {
  mode: number;
  uid?: number;
  gid?: number;
  mtimeSec?: number;
  rdev?: number;
  content?: Uint8Array;
  target?: string;
  xattrs?: Map<string, Uint8Array>;
}

/** Collects entries; later ones replace earlier ones, as layers do. */
export class ImageBuilder {
  readonly root: DraftNode = {
    ino: 1,
    mode: S_IFDIR | 0o755,
    uid: 0,
    gid: 0,
    mtimeSec: 0,
    nlink: 2,
    rdev: 0,
    children: new Map(),
  };

  /** Adds or replaces an object. Directories that are there keep their entries. */
  add(path: string, entry: Entry): DraftNode {
    const [dir, name] = this.#parent(path);
    const directory = (entry.mode & S_IFMT) === S_IFDIR;
    const made: DraftNode = {
      ino: 0,
      mode: entry.mode,
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      mtimeSec: entry.mtimeSec ?? 0,
      nlink: 1,
      rdev: entry.rdev ?? 0,
    };
    if (entry.content !== undefined) made.content = entry.content;
    if (entry.target !== undefined) made.target = entry.target;
    if (entry.xattrs !== undefined && entry.xattrs.size > 0) made.xattrs = entry.xattrs;
    if (directory) {
      const old = name === "" ? this.root : dir.children?.get(name);
      if (old?.children !== undefined) {
        const { mode, uid, gid, mtimeSec } = made;
        Object.assign(old, { mode, uid, gid, mtimeSec });
        if (made.xattrs !== undefined) old.xattrs = made.xattrs;
        return old;
      }
      made.children = new Map();
    }
    if (name === "") throw new FormatError("data", "the root of an image is a directory");
    dir.children?.set(name, made);
    return made;
  }

  /** Gives an object that is there another name. */
  link(path: string, target: string): void {
    const [from, old] = this.#parent(target);
    const node = from.children?.get(old);
    if (node === undefined || node.children !== undefined) {
      throw new FormatError("data", `link to nothing: ${target}`);
    }
    const [dir, name] = this.#parent(path);
    if (name === "") throw new FormatError("data", "the root of an image is a directory");
    dir.children?.set(name, node);
  }

  remove(path: string): void {
    const [dir, name] = this.#parent(path);
    dir.children?.delete(name);
  }

  /** Adds the entries of a tar archive on top; whiteouts remove what earlier layers brought. */
  addTar(bytes: Uint8Array): void {
    const reader = new TarReader();
    reader.push(bytes);
    reader.end();
    // What this layer itself has brought is not hidden by its own opaque marks.
    const own = new Set<DraftNode>();
    for (let file = reader.next(); file !== undefined; file = reader.next()) {
      this.#addTarFile(file, reader, own);
    }
  }

  #addTarFile(file: TarFile, reader: TarReader, own: Set<DraftNode>): void {
    const path = file.name.replace(/\/+$/, "");
    const slash = path.lastIndexOf("/");
    const base = path.slice(slash + 1);
    const dir = path.slice(0, slash + 1);
    if (base === OPAQUE) {
      const [parent, name] = this.#parent(`${dir}x`);
      if (name === "") return;
      for (const [child, node] of parent.children ?? []) {
        if (!own.has(node)) parent.children?.delete(child);
      }
      return;
    }
    if (base.startsWith(WHITEOUT)) {
      this.remove(dir + base.slice(WHITEOUT.length));
      return;
    }
    const common = { uid: file.uid, gid: file.gid, mtimeSec: Math.floor(file.mtime) };
    const xattrs = new Map([...file.xattrs].map(([name, value]) => [name, bytesOf(value)]));
    const mode = file.mode & 0o7777;
    let made: DraftNode;
    switch (file.type) {
      case "0":
      case "7":
      case "\0": {
        const pieces: Uint8Array[] = [];
        for (let piece = reader.read(); piece !== undefined; piece = reader.read()) {
          pieces.push(piece);
        }
        const content = pieces.length === 1 ? (pieces[0] as Uint8Array) : concat(pieces);
        made = this.add(path, { mode: S_IFREG | mode, ...common, content, xattrs });
        break;
      }
      case "1":
        this.link(path, file.linkname);
        return;
      case "2":
        made = this.add(path, { mode: S_IFLNK | 0o777, ...common, target: file.linkname, xattrs });
        break;
      case "3":
      case "4": {
        const rdev = makedev(file.devmajor, file.devminor);
        const type = file.type === "3" ? S_IFCHR : S_IFBLK;
        made = this.add(path, { mode: type | mode, ...common, rdev, xattrs });
        break;
      }
      case "5":
        made = this.add(path, { mode: S_IFDIR | mode, ...common, xattrs });
        break;
      case "6":
        made = this.add(path, { mode: S_IFIFO | mode, ...common, xattrs });
        break;
      default:
        throw new FormatError("unsupported", `entry of type ${file.type}: ${file.name}`);
    }
    own.add(made);
  }

  /** The directory and name of a path; directories that are missing are made, links followed. */
  #parent(path: string): [dir: DraftNode, name: string] {
    let parts = path.split("/").filter((part) => part !== "" && part !== ".");
    let links = 0;
    let at = 0;
    const trail: DraftNode[] = [this.root];
    for (;;) {
      if (parts.length > MAX_DEPTH) throw new FormatError("unsupported", "path too deep");
      const name = parts[at];
      if (name === undefined) return [trail.at(-1) as DraftNode, ""];
      if (name === "..") {
        // As in a chroot: the root is its own parent.
        if (trail.length > 1) trail.pop();
        at++;
        if (at === parts.length) throw new FormatError("data", `bad path: ${path}`);
        continue;
      }
      if (name.length > NAME_MAX || name.includes("\0")) {
        throw new FormatError("data", `bad name: ${path}`);
      }
      const dir = trail.at(-1) as DraftNode;
      if (at === parts.length - 1) return [dir, name];
      let next = dir.children?.get(name);
      if (next?.target !== undefined) {
        if (++links > MAX_LINKS) throw new FormatError("data", `link loop: ${path}`);
        const target = next.target.split("/").filter((part) => part !== "" && part !== ".");
        if (next.target.startsWith("/")) trail.length = 1;
        parts = [...target, ...parts.slice(at + 1)];
        at = 0;
        continue;
      }
      if (next?.children === undefined) {
        next = {
          ino: 0,
          mode: S_IFDIR | 0o755,
          uid: 0,
          gid: 0,
          mtimeSec: 0,
          nlink: 2,
          rdev: 0,
          children: new Map(),
        };
        dir.children?.set(name, next);
      }
      trail.push(next);
      at++;
    }
  }

  /** Numbers inodes and counts links. The builder must not be used afterwards. */
  finish(): ImageNode {
    const seen = new Set<DraftNode>();
    const pending: DraftNode[] = [this.root];
    this.root.ino = 1;
    this.root.nlink = 2;
    seen.add(this.root);
    for (let i = 0; i < pending.length; i++) {
      const dir = pending[i] as DraftNode;
      for (const node of dir.children?.values() ?? []) {
        if (seen.has(node)) {
          node.nlink++;
          continue;
        }
        seen.add(node);
        node.ino = seen.size;
        node.nlink = 1;
        if (node.children !== undefined) {
          node.nlink = 2;
          dir.nlink++;
          pending.push(node);
        }
      }
    }
    return this.root;
  }
}

/** The index of one archive. File contents stay views of `bytes`, which must not change any more. */
export function imageFromTar(...layers: Uint8Array[]): ImageNode {
  const builder = new ImageBuilder();
  for (const bytes of layers) builder.addTar(bytes);
  return builder.finish();
}
