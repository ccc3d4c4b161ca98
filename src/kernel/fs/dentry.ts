// Dentries: names in the tree, cached from lookups (Linux: struct dentry, dcache.c).
import type { Inode } from "./inode.ts";

/** Names a volatile directory (proc, a host folder) keeps before it forgets them. */
const VOLATILE_CACHE = 1024;

/**
 * A name in a directory and what it stands for. The root of a super block has itself as parent. An
 * unlinked dentry keeps inode and parent (open files show "(deleted)") but is no longer found.
 */
export class Dentry {
  parent: Dentry;
  name: string;
  inode: Inode;
  #children: Map<string, Dentry> | undefined;
  /** True after unlink, rmdir or being replaced by rename. */
  deleted = false;
  /** How many mounts sit on this dentry, over all mount namespaces: a quick test for path walks. */
  mountCount = 0;

  constructor(parent: Dentry | undefined, name: string, inode: Inode) {
    this.parent = parent ?? this;
    this.name = name;
    this.inode = inode;
  }

  get isRoot(): boolean {
    return this.parent === this;
  }

  /** The child from the cache, else by asking the file system; undefined when it is not there. */
  lookup(name: string): Dentry | undefined {
    const cached = this.#children?.get(name);
    if (cached !== undefined && !this.inode.sb.volatile) return cached;
    const inode = this.inode.lookup(name);
    if (inode === undefined) {
      if (cached !== undefined && cached.mountCount === 0) this.#children?.delete(name);
      return cached !== undefined && cached.mountCount > 0 ? cached : undefined;
    }
    if (cached !== undefined) {
      // Same dentry for the same object, so that mounts and working directories stay on it.
      if (cached.inode === inode || cached.mountCount > 0) return cached;
      cached.deleted = true;
    }
    return this.attach(name, inode);
  }

  /** Adds a child that the file system has just made or found. */
  attach(name: string, inode: Inode): Dentry {
    const dentry = new Dentry(this, name, inode);
    this.#children ??= new Map();
    if (this.inode.sb.volatile && this.#children.size >= VOLATILE_CACHE) this.#prune();
    this.#children.set(name, dentry);
    return dentry;
  }

  /** Lets go of the names of a volatile directory; mount points stay. */
  #prune(): void {
    for (const [name, child] of this.#children as Map<string, Dentry>) {
      const unused = child.#children === undefined || this.inode.lookup(name) === undefined;
      if (child.mountCount === 0 && unused) this.#children?.delete(name);
    }
  }

  /** Forgets a child after unlink or rmdir. */
  drop(name: string): void {
    const child = this.#children?.get(name);
    if (child === undefined) return;
    child.deleted = true;
    this.#children?.delete(name);
  }

  /** Keeps the cache true after a rename inside the file system. */
  move(name: string, newParent: Dentry, newName: string): void {
    const child = this.#children?.get(name);
    newParent.drop(newName);
    if (child === undefined) return;
    this.#children?.delete(name);
    child.parent = newParent;
    child.name = newName;
    newParent.#children ??= new Map();
    newParent.#children.set(newName, child);
  }

  /** Exchanges two cached names (RENAME_EXCHANGE). */
  exchange(name: string, other: Dentry, otherName: string): void {
    const one = this.#children?.get(name);
    const two = other.#children?.get(otherName);
    this.#children?.delete(name);
    other.#children?.delete(otherName);
    if (one !== undefined) other.#place(otherName, one);
    if (two !== undefined) this.#place(name, two);
  }

  #place(name: string, child: Dentry): void {
    child.parent = this;
    child.name = name;
    this.#children ??= new Map();
    this.#children.set(name, child);
  }

  /** The cached child, without asking the file system. */
  cached(name: string): Dentry | undefined {
    return this.#children?.get(name);
  }

  /** True when `this` is `other` or above it in the same super block. */
  isAncestorOf(other: Dentry): boolean {
    for (let at = other; ; at = at.parent) {
      if (at === this) return true;
      if (at.isRoot) return false;
    }
  }
}
