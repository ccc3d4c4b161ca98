// What is on disk of an installed package: lib/apk/db/installed (text form), scripts.tar and triggers.
import type { Package } from "./package.ts";

/** Owner and mode; `xattrs` is the "Q1…" hash that the database keeps of extended attributes, or "". */
export interface Acl {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly xattrs: string;
}

export interface InstalledFile {
  readonly name: string;
  /** undefined: 0644 root:root. */
  acl: Acl | undefined;
  /** "Q1…" (SHA-1 of content or link target), "Q2…" (SHA-256 cut to 160 bits) or "". */
  checksum: string;
}

export interface InstalledDirectory {
  /** Without slashes at either end; "" is the root. */
  readonly path: string;
  /** undefined: 0755 root:root. */
  acl: Acl | undefined;
  readonly files: InstalledFile[];
}

export type ScriptType =
  | "pre-install"
  | "post-install"
  | "pre-upgrade"
  | "post-upgrade"
  | "pre-deinstall"
  | "post-deinstall"
  | "trigger";

/** In the order of lib/apk/db/scripts.tar. */
export const SCRIPT_TYPES: readonly ScriptType[] = [
  "pre-install",
  "post-install",
  "pre-deinstall",
  "post-deinstall",
  "pre-upgrade",
  "post-upgrade",
  "trigger",
];

/** The state of an installed package. */
export class InstalledPackage {
  readonly pkg: Package;
  directories: InstalledDirectory[] = [];
  readonly scripts: Map<ScriptType, Uint8Array> = new Map();
  /** Seconds since 1970 that the archive of scripts keeps; 0 unknown. */
  readonly scriptTimes: Map<ScriptType, number> = new Map();
  /** Globs of directories, a "+" in front: only if changed. */
  triggers: string[] = [];
  /** Tag of the repository it was pinned to. */
  repositoryTag = "";
  brokenFiles = false;
  brokenScript = false;
  brokenXattr = false;
  /** File checksums are SHA-256 cut to 160 bits. */
  sha256 = false;

  constructor(pkg: Package) {
    this.pkg = pkg;
  }
}
