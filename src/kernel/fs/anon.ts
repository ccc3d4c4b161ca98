// Inodes without a name in any directory: pipes, sockets, epoll and eventfd descriptors (pipefs, sockfs, anon_inodefs).
import type { Blocking } from "../../abi/program.ts";
import type { Stat, StatFs, Timespec } from "../../abi/stat.ts";
import { type Cred, ROOT_CRED } from "../cred.ts";
import type { Kernel } from "../kernel.ts";
import { Dentry } from "./dentry.ts";
import type { Path } from "./file.ts";
import { Inode, type SetAttr, type SuperBlock, withoutBlocks } from "./inode.ts";
import { Mount } from "./mount.ts";

class AnonymousInode extends Inode {
  readonly ino: number;
  #time: Timespec;

  constructor(sb: SuperBlock, ino: number, mode: number, cred: Cred) {
    super(sb, mode, cred.euid, cred.egid);
    this.ino = ino;
    this.#time = sb.kernel.currentTime();
  }

  override stat(): Stat {
    const { mode, uid, gid, ino } = this;
    const [atime, mtime, ctime] = [this.#time, this.#time, this.#time];
    const { dev } = this.sb;
    return {
      dev,
      ino,
      mode,
      nlink: 1,
      uid,
      gid,
      rdev: 0,
      size: 0,
      blksize: 4096,
      blocks: 0,
      atime,
      mtime,
      ctime,
    };
  }

  override setattr(attr: SetAttr): void {
    if (attr.mode !== undefined) this.mode = attr.mode;
    if (attr.uid !== undefined) this.uid = attr.uid;
    if (attr.gid !== undefined) this.gid = attr.gid;
    if (attr.mtime !== undefined) this.#time = attr.mtime;
  }
}

class AnonymousSuperBlock implements SuperBlock {
  readonly type: string;
  readonly kernel: Kernel;
  readonly dev: number;
  readonly root: Inode;
  readonly volatile = false;
  readonly mount: Mount;
  readonly #magic: number;
  #ino = 1;

  constructor(kernel: Kernel, type: string, magic: number) {
    this.type = type;
    this.kernel = kernel;
    this.dev = kernel.anonymousDev();
    this.#magic = magic;
    this.root = new AnonymousInode(this, 1, 0o40755, ROOT_CRED);
    this.mount = new Mount(
      kernel.nextMountId(),
      this,
      new Dentry(undefined, "", this.root),
      undefined,
      0,
      type,
    );
  }

  inode(mode: number, cred: Cred): Inode {
    return new AnonymousInode(this, ++this.#ino, mode, cred);
  }
  options(): string {
    return "";
  }
  statfs(): StatFs {
    return withoutBlocks(this.#magic);
  }
  remount(): void {}
  release(): void {}
  sync(): Blocking<void> {}
}

/**
 * A place for a nameless object. /proc/PID/fd shows it as `kind:[inode]`, or for anon_inodefs as
 * `anon_inode:kind`.
 */
export function anonymousPath(
  kernel: Kernel,
  type: string,
  magic: number,
  kind: string,
  mode: number,
  cred: Cred,
): Path {
  const sb = kernel.slot(type, () => new AnonymousSuperBlock(kernel, type, magic));
  const inode = sb.inode(mode, cred);
  const name = type === "anon_inodefs" ? `anon_inode:${kind}` : `${kind}:[${inode.ino}]`;
  return { mount: sb.mount, dentry: new Dentry(undefined, name, inode) };
}
