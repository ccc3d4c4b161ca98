// sys/stat.h, dirent.h and sys/statfs.h: file types and modes, Stat, Dirent, StatFs.
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;

export const DT_UNKNOWN = 0;
export const DT_FIFO = 1;
export const DT_CHR = 2;
export const DT_DIR = 4;
export const DT_BLK = 6;
export const DT_REG = 8;
export const DT_LNK = 10;
export const DT_SOCK = 12;

/** Seconds and nanoseconds (struct timespec); treated as immutable. */
export interface Timespec {
  readonly sec: number;
  readonly nsec: number;
}

/** What stat(2) tells of an inode. */
export interface Stat {
  dev: number;
  ino: number;
  /** File type and permission bits. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  /** Device number of a device node (makedev form), else 0. */
  rdev: number;
  size: number;
  blksize: number;
  /** Space taken, in 512-byte units. */
  blocks: number;
  atime: Timespec;
  mtime: Timespec;
  ctime: Timespec;
}

/** One entry of a directory, "." and ".." included, as getdents64(2) gives it. */
export interface Dirent {
  ino: number;
  /** DT_*. */
  type: number;
  name: string;
}

/** What statfs(2) tells of a mounted file system. */
export interface StatFs {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
  namelen: number;
  flags: number;
}

/** Device number from major and minor, as glibc and musl pack it (small numbers only). */
export function makedev(major: number, minor: number): number {
  return ((major & 0xfff) << 8) | (minor & 0xff) | ((minor & ~0xff) << 12);
}

/** Major part of a device number. */
export function major(dev: number): number {
  return (dev >>> 8) & 0xfff;
}

/** Minor part of a device number. */
export function minor(dev: number): number {
  return (dev & 0xff) | ((dev >>> 12) & ~0xff);
}
