// overlay: changes in an upper layer over read-only lower layers (Linux: Documentation/filesystems/overlayfs.rst).
import { EINVAL, ENOTDIR, EROFS } from "../../../abi/errno.ts";
import { AT_FDCWD, O_DIRECTORY } from "../../../abi/fcntl.ts";
import { OVERLAYFS_SUPER_MAGIC } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import type { StatFs } from "../../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import { Dentry } from "../dentry.ts";
import type { Path } from "../file.ts";
import type { FileSystemType } from "../filesystems.ts";
import type { Inode, SuperBlock } from "../inode.ts";
import { Mount } from "../mount.ts";
import { resolve } from "../namei.ts";
import { Tmpfs } from "../tmpfs/tmpfs.ts";
import { OverlayInode } from "./inode.ts";

/** Inode numbers of the second and further layers start this far apart. */
const LAYER_STEP = 2 ** 40;
const MAX_LAYERS = 500;

/** An instance: a few small objects; nothing is copied or walked when it is made. */
export class OverlayFs implements SuperBlock {
  readonly type = "overlay";
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile = false;
  readonly: boolean;
  readonly root: OverlayInode;
  readonly #options: string;
  readonly #upper: Inode | undefined;
  readonly #lowers: readonly Inode[];
  /** The file systems of the layers, bottom first: a position is part of inode numbers. */
  readonly #sbs: SuperBlock[] = [];
  /** Objects by what they are in the upper layer: several names are one object, and stay it. */
  readonly #byUpper = new WeakMap<Inode, OverlayInode>();
  readonly #end: () => void;
  readonly #mounts = new Map<SuperBlock, Mount>();

  /** `lowers`: roots of the layers, top first. `end` runs when the last mount is gone. */
  constructor(
    kernel: Kernel,
    lowers: readonly Inode[],
    upper: Inode | undefined,
    options: string,
    end: () => void,
  ) {
    this.kernel = kernel;
    this.dev = kernel.anonymousDev();
    this.#lowers = lowers;
    this.#upper = upper;
    this.#options = options;
    this.#end = end;
    this.readonly = upper === undefined;
    for (const layer of [...lowers].reverse()) this.#register(layer.sb);
    if (upper !== undefined) this.#register(upper.sb);
    this.root = new OverlayInode(this, undefined, "", upper, lowers);
  }

  #register(sb: SuperBlock): void {
    if (!this.#sbs.includes(sb)) this.#sbs.push(sb);
  }

  /** The number of a layer's object in the overlay. */
  number(inode: Inode): number {
    return this.numberIn(inode, inode.ino);
  }
  /** The same for an entry of a layer's directory. */
  numberIn(layer: Inode, ino: number): number {
    const index = this.#sbs.indexOf(layer.sb);
    return index <= 0 ? ino : ino + index * LAYER_STEP;
  }

  known(upper: Inode): OverlayInode | undefined {
    return this.#byUpper.get(upper);
  }
  remember(upper: Inode, inode: OverlayInode): void {
    this.#byUpper.set(upper, inode);
  }

  /** A place for opening an object of a lower layer: not in any tree. */
  lowerPath(inode: Inode): Path {
    let mount = this.#mounts.get(inode.sb);
    if (mount === undefined) {
      const root = new Dentry(undefined, "", inode.sb.root);
      mount = new Mount(this.kernel.nextMountId(), inode.sb, root, undefined, 0, "overlay");
      this.#mounts.set(inode.sb, mount);
    }
    return { mount, dentry: new Dentry(undefined, "", inode) };
  }

  options(): string {
    return this.#options;
  }

  statfs(): StatFs {
    const layer = (this.#upper ?? this.#lowers[0]) as Inode;
    return { ...layer.sb.statfs(), type: OVERLAYFS_SUPER_MAGIC };
  }

  remount(data: string): void {
    // Layers cannot be changed while mounted; repeating them is what mount(8) does.
    if (data !== "" && data !== this.#options) throw EINVAL;
  }

  release(): void {
    for (const mount of this.#mounts.values()) mount.detach();
    this.#end();
  }

  sync(): Blocking<void> {
    return this.#upper?.sb.sync();
  }
}

/** The root of a machine: lower layers (top first) under an upper tmpfs that ends with the overlay. */
export function overlay(
  kernel: Kernel,
  lowers: readonly SuperBlock[],
  upper: Tmpfs | undefined,
): OverlayFs {
  const names = lowers.map((_, i) => (i === 0 ? "/lower" : `/lower${i}`)).join(":");
  const options = `lowerdir=${names}${upper === undefined ? "" : ",upperdir=/upper,workdir=/work"}`;
  return new OverlayFs(
    kernel,
    lowers.map((sb) => sb.root),
    upper?.root,
    options,
    () => {
      upper?.release();
      for (const sb of lowers) sb.release();
    },
  );
}

/** Splits at unescaped `separator`; a backslash takes the next character as it is. */
function split(text: string, separator: string): string[] {
  const parts = [""];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === separator) parts.push("");
    else if (char === "\\" && i + 1 < text.length) {
      // Kept for the next round of splitting unless it protects this separator.
      const next = text[++i] as string;
      parts[parts.length - 1] += next === separator ? next : char + next;
    } else parts[parts.length - 1] += char;
  }
  return parts;
}

function unescapePath(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}

interface Layers {
  lower: string[];
  upper: string | undefined;
  work: string | undefined;
}

function parse(data: string): Layers {
  const layers: Layers = { lower: [], upper: undefined, work: undefined };
  for (const part of split(data, ",")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? "" : part.slice(equals + 1);
    switch (name) {
      case "lowerdir":
        layers.lower = split(value, ":").map(unescapePath);
        break;
      case "upperdir":
        layers.upper = unescapePath(value);
        break;
      case "workdir":
        layers.work = unescapePath(value);
        break;
      // What there is to say about these is said by their defaults.
      case "redirect_dir":
      case "index":
      case "metacopy":
      case "nfs_export":
        if (value !== "off" && !(name === "redirect_dir" && value === "nofollow")) throw EINVAL;
        break;
      case "xino":
        if (value !== "on" && value !== "off" && value !== "auto") throw EINVAL;
        break;
      case "volatile":
        if (value !== "") throw EINVAL;
        break;
      default:
        throw EINVAL;
    }
  }
  return layers;
}

function directory(task: Task, path: string): Path {
  if (path === "") throw EINVAL;
  return resolve(task, AT_FDCWD, path, O_DIRECTORY);
}

function mountOverlay(kernel: Kernel, task: Task | undefined, data: string): SuperBlock {
  if (task === undefined) throw EINVAL;
  const { lower, upper, work } = parse(data);
  if (lower.length === 0 || lower.length > MAX_LAYERS) throw EINVAL;
  if ((upper === undefined) !== (work === undefined)) throw EINVAL;
  const places = lower.map((path) => directory(task, path));
  let top: Inode | undefined;
  if (upper !== undefined && work !== undefined) {
    const place = directory(task, upper);
    const workPlace = directory(task, work);
    top = place.dentry.inode;
    // Whiteouts, rename and extended attributes are needed; layers must not lie in one another.
    if (!(top.sb instanceof Tmpfs)) throw EINVAL;
    if (place.mount.readonly) throw EROFS;
    if (place.mount !== workPlace.mount) throw EINVAL;
    if (place.dentry.isAncestorOf(workPlace.dentry)) throw EINVAL;
    if (workPlace.dentry.isAncestorOf(place.dentry)) throw EINVAL;
    prepareWork(workPlace);
    places.push(place);
  } else if (lower.length < 2) {
    throw EINVAL;
  }
  // The layers' mounts are busy as long as the overlay is mounted.
  for (const { mount } of places) mount.opens++;
  for (const { dentry } of places) dentry.inode.hold();
  return new OverlayFs(
    kernel,
    places.slice(0, lower.length).map(({ dentry }) => dentry.inode),
    top,
    data,
    () => {
      for (const { dentry } of places) dentry.inode.unhold();
      for (const { mount } of places) mount.closed();
    },
  );
}

/** Linux makes a directory "work" there and keeps it. */
function prepareWork(place: Path): void {
  const { dentry } = place;
  const there = dentry.lookup("work");
  if (there !== undefined && !there.inode.isDirectory) throw ENOTDIR;
  if (there === undefined) dentry.attach("work", dentry.inode.mkdir("work", 0, 0, 0));
}

/** mount -t overlay. */
export const overlayFileSystem: FileSystemType = {
  name: "overlay",
  requiresDevice: false,
  mount: (kernel, task, _source, data) => mountOverlay(kernel, task, data),
};
