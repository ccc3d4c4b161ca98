// Open directories over Inode.readdir (getdents64(2)).
import { EINVAL, ENOENT } from "../../abi/errno.ts";
import { SEEK_CUR, SEEK_SET } from "../../abi/fcntl.ts";
import { MS_NOATIME } from "../../abi/mount.ts";
import type { Blocking } from "../../abi/program.ts";
import { type Dirent, DT_DIR } from "../../abi/stat.ts";
import type { Task } from "../task.ts";
import { File } from "./file.ts";

/** Entries of one getdents call. */
const BATCH = 1024;

/**
 * An open directory. The entries are those there were when reading began; names made or removed
 * meanwhile may be missing or extra, as POSIX allows. `pos` counts entries.
 */
export class DirectoryFile extends File {
  #entries: Dirent[] | undefined;

  override getdents(_task: Task, max: number = BATCH): Dirent[] {
    const { inode, path } = this;
    if (this.#entries === undefined || this.pos === 0) {
      if (path.dentry.deleted) throw ENOENT;
      if ((path.mount.flags & MS_NOATIME) === 0) inode.accessed();
      const { parent } = path.dentry;
      this.#entries = [
        { ino: inode.ino, type: DT_DIR, name: "." },
        { ino: parent.inode.ino, type: DT_DIR, name: ".." },
        ...inode.readdir(),
      ];
    }
    const batch = this.#entries.slice(this.pos, this.pos + max);
    this.pos += batch.length;
    return batch;
  }

  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) throw EINVAL;
    const target = whence === SEEK_SET ? offset : this.pos + offset;
    if (!(target >= 0 && target <= Number.MAX_SAFE_INTEGER)) throw EINVAL;
    this.pos = target;
    return target;
  }

  override sync(): Blocking<void> {
    return this.inode.sb.sync();
  }
}
