// The parts of a v2 package file: streams of gzip that together read as one tar (apk-v2(5)).
import type { Steps, Sys } from "../abi/program.ts";
import { concat } from "../lib/bytes.ts";
import { Gzip } from "../lib/gzip.ts";
import { Sha1 } from "../lib/sha1.ts";
import { Sha256 } from "../lib/sha256.ts";
import type { PrivateKey } from "../lib/signature.ts";
import { tarEnd, tarHeader, tarPadding } from "../lib/tar.ts";
import type { TarEntry } from "../lib/tar-header.ts";
import type { UserDb } from "../libc/passwd.ts";
import { S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISLNK, S_ISREG } from "../libc/stat.ts";
import { eachChunk, type TreeFile } from "./tree.ts";

const LEVEL = 9;

/** Digest as lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** A regular file of root's. */
function plainEntry(name: string, size: number, mtime: number, mode: number): TarEntry {
  return {
    name,
    mode,
    uid: 0,
    gid: 0,
    size,
    mtime,
    type: "0",
    linkname: "",
    uname: "",
    gname: "",
    devmajor: 0,
    devminor: 0,
  };
}

function gzip(bytes: Uint8Array): Uint8Array {
  const out = new Gzip({ level: LEVEL });
  return concat([out.encode(bytes), out.end()]);
}

/** A file kept in memory. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** A compressed tar without its end mark, so that what follows is more of it. */
export function cutArchive(members: readonly Member[], mtime: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { name, bytes, mode } of members) {
    const entry = plainEntry(name, bytes.length, mtime, mode);
    parts.push(tarHeader(entry), bytes, tarPadding(bytes.length));
  }
  return gzip(concat(parts));
}

/** The stream that signs another one: "RSA" is SHA-1, as of old. */
export function signatureStream(
  signed: Uint8Array,
  key: PrivateKey,
  keyName: string,
  type: "RSA" | "RSA256",
  mtime: number,
): Uint8Array {
  const hash = type === "RSA" ? "sha1" : "sha256";
  const digest = (type === "RSA" ? new Sha1() : new Sha256()).update(signed).digest();
  const bytes = key.sign(hash, digest);
  return cutArchive([{ name: `.SIGN.${type}.${keyName}`, bytes, mode: 0o644 }], mtime);
}

function typeOf(mode: number): string {
  if (S_ISREG(mode)) return "0";
  if (S_ISLNK(mode)) return "2";
  if (S_ISCHR(mode)) return "3";
  if (S_ISBLK(mode)) return "4";
  if (S_ISDIR(mode)) return "5";
  return S_ISFIFO(mode) ? "6" : "";
}

/**
 * Writes the data stream: names with checksums in pax headers, times not after `latest` (seconds since 1970). `write`
 * takes the compressed bytes in order. Answers the SHA-256 of them.
 */
export function* dataStream(
  sys: Sys,
  root: string,
  files: readonly TreeFile[],
  latest: number,
  db: UserDb,
  write: (bytes: Uint8Array) => Steps<void>,
): Steps<string> {
  const gz = new Gzip({ level: LEVEL });
  const hash = new Sha256();
  const put = function* (bytes: Uint8Array): Steps<void> {
    const out = gz.encode(bytes);
    if (out.length === 0) return;
    hash.update(out);
    yield* write(out);
  };
  // Packages name owners, for numbers differ between systems.
  const users = yield* db.userNames();
  const groups = yield* db.groupNames();
  const names = new Map<string, string>();
  for (const file of files) {
    const { stat, path } = file;
    const type = typeOf(stat.mode);
    if (type === "") continue;
    const identity = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1 && type === "0" ? names.get(identity) : undefined;
    if (type === "0") names.set(identity, first ?? path);
    const entry: TarEntry = {
      ...plainEntry(type === "5" ? `${path}/` : path, 0, 0, stat.mode & 0o7777),
      uid: stat.uid,
      gid: stat.gid,
      uname: users.get(stat.uid) ?? "",
      gname: groups.get(stat.gid) ?? "",
      mtime: Math.min(stat.mtime.sec, latest),
      size: type === "0" && first === undefined ? stat.size : 0,
      type: first === undefined ? type : "1",
      linkname: first ?? file.target,
      devmajor: stat.rdev >>> 8,
      devminor: stat.rdev & 0xff,
    };
    if (entry.type === "0") yield* putFile(sys, `${root}/${path}`, entry, put);
    else {
      const sum =
        type === "2" ? hex(new Sha1().update(bytesOfTarget(file.target)).digest()) : undefined;
      yield* put(tarHeader(entry, sum === undefined ? undefined : checksum(sum)));
    }
  }
  yield* put(tarEnd());
  const last = gz.end();
  hash.update(last);
  yield* write(last);
  return hex(hash.digest());
}

function bytesOfTarget(target: string): Uint8Array {
  return Uint8Array.from(target, (c) => c.charCodeAt(0));
}

function checksum(sum: string): ReadonlyMap<string, string> {
  return new Map([["APK-TOOLS.checksum.SHA1", sum]]);
}

/** The checksum goes before the data: the file is read twice. */
function* putFile(
  sys: Sys,
  path: string,
  entry: TarEntry,
  put: (bytes: Uint8Array) => Steps<void>,
): Steps<void> {
  const sha1 = new Sha1();
  yield* eachChunk(sys, path, (chunk) => {
    sha1.update(chunk);
  });
  yield* put(tarHeader(entry, checksum(hex(sha1.digest()))));
  let left = entry.size;
  yield* eachChunk(sys, path, (chunk) => {
    const piece = chunk.subarray(0, left);
    left -= piece.length;
    return put(piece);
  });
  if (left > 0) throw new RangeError(`${path}: changed while it was read`);
  yield* put(tarPadding(entry.size));
}
