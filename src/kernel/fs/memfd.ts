// memfd_create(2): files without a name, with seals (fcntl(2), "File sealing").
import { EINVAL } from "../../abi/errno.ts";
import { O_LARGEFILE, O_RDWR } from "../../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { Dentry } from "./dentry.ts";
import { Mount } from "./mount.ts";
import { RegularFile } from "./regular.ts";
import { F_SEAL_EXEC, F_SEAL_SEAL } from "./tmpfs/inode.ts";
import { Tmpfs } from "./tmpfs/tmpfs.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;
/** NAME_MAX without "memfd:". */
const MFD_NAME_MAX = 249;

/** The mount that nameless files of a machine live on (shmem's own in Linux). */
function shmMount(kernel: Kernel): Mount {
  return kernel.slot("shm_mnt", () => {
    const sb = new Tmpfs(kernel).unlimited();
    return new Mount(
      kernel.nextMountId(),
      sb,
      new Dentry(undefined, "/", sb.root),
      undefined,
      0,
      "tmpfs",
    );
  });
}

/** memfd_create(2). */
export function memfd_create(task: Task, name: string, flags: number): number {
  const known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
  if ((flags & ~known) !== 0) throw EINVAL;
  if ((flags & MFD_NOEXEC_SEAL) !== 0 && (flags & MFD_EXEC) !== 0) throw EINVAL;
  if (name.length > MFD_NAME_MAX) throw EINVAL;
  const mount = shmMount(task.kernel);
  const noexec = (flags & MFD_NOEXEC_SEAL) !== 0;
  const inode = (mount.sb as Tmpfs).root.tmpfile(
    noexec ? 0o666 : 0o777,
    task.cred.euid,
    task.cred.egid,
  );
  if (noexec) inode.seals = F_SEAL_EXEC;
  else inode.seals = (flags & MFD_ALLOW_SEALING) !== 0 ? 0 : F_SEAL_SEAL;
  const dentry = new Dentry(undefined, `/memfd:${name}`, inode);
  dentry.deleted = true;
  const file = new RegularFile({ mount, dentry }, O_RDWR | O_LARGEFILE, inode);
  return task.fds.install(file, (flags & MFD_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
}
