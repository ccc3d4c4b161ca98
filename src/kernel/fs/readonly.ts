// What file systems that cannot be written have in common (isofs, squashfs).
import { EROFS } from "../../abi/errno.ts";
import type { Blocking } from "../../abi/program.ts";
import type { Task } from "../task.ts";
import { DirectoryFile } from "./directory.ts";
import type { File, Path } from "./file.ts";
import { Inode } from "./inode.ts";
import { RegularFile, type RegularInode } from "./regular.ts";

/** An inode that answers EROFS to every change; subclasses give `stat`, `lookup`, `readdir`, `readData`. */
export abstract class ReadonlyInode extends Inode implements RegularInode {
  abstract get size(): number;
  abstract readData(pos: number, max: number): Uint8Array;

  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return this.isDirectory ? new DirectoryFile(path, flags) : new RegularFile(path, flags, this);
  }

  get maxSize(): number {
    return Number.MAX_SAFE_INTEGER;
  }
  seekData(pos: number): number | undefined {
    return pos < this.size ? pos : undefined;
  }
  seekHole(): number {
    return this.size;
  }

  override setattr(): void {
    throw EROFS;
  }
  writeData(): number {
    throw EROFS;
  }
  allocate(): void {
    throw EROFS;
  }
  override mkdir(): Inode {
    throw EROFS;
  }
  override mknod(): Inode {
    throw EROFS;
  }
  override symlink(): Inode {
    throw EROFS;
  }
  override link(): void {
    throw EROFS;
  }
  override unlink(): void {
    throw EROFS;
  }
  override rmdir(): void {
    throw EROFS;
  }
  override rename(): void {
    throw EROFS;
  }
  override tmpfile(): Inode {
    throw EROFS;
  }
  override setxattr(): void {
    throw EROFS;
  }
  override removexattr(): void {
    throw EROFS;
  }
}
