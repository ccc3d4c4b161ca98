// sys/stat.h: the S_IS* tests, and the mode as ls(1) writes it.
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
} from "../abi/stat.ts";

export function S_ISDIR(mode: number): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}
export function S_ISREG(mode: number): boolean {
  return (mode & S_IFMT) === S_IFREG;
}
export function S_ISLNK(mode: number): boolean {
  return (mode & S_IFMT) === S_IFLNK;
}
export function S_ISCHR(mode: number): boolean {
  return (mode & S_IFMT) === S_IFCHR;
}
export function S_ISBLK(mode: number): boolean {
  return (mode & S_IFMT) === S_IFBLK;
}
export function S_ISFIFO(mode: number): boolean {
  return (mode & S_IFMT) === S_IFIFO;
}

/** "drwxr-xr-x": type and permissions in ten letters. */
export function modeString(mode: number): string {
  const at = [S_IFIFO, S_IFCHR, S_IFDIR, S_IFBLK, S_IFREG, S_IFLNK, S_IFSOCK].indexOf(
    mode & S_IFMT,
  );
  const bit = (mask: number, c: string): string => (mode & mask ? c : "-");
  const run = (x: number, special: number, letter: string): string =>
    mode & special ? (mode & x ? letter : letter.toUpperCase()) : bit(x, "x");
  return (
    (at < 0 ? "?" : "pcdb-ls".charAt(at)) +
    bit(0o400, "r") +
    bit(0o200, "w") +
    run(0o100, S_ISUID, "s") +
    bit(0o040, "r") +
    bit(0o020, "w") +
    run(0o010, S_ISGID, "s") +
    bit(0o004, "r") +
    bit(0o002, "w") +
    run(0o001, S_ISVTX, "t")
  );
}
