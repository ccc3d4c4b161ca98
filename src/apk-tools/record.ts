// Records of indexes and of the installed database: `X:value` lines (apk-package(5)).
import { emptyInfo, type PackageInfo } from "./package-info.ts";

/** A record of an index: what must be known of all, and where the rest stands. */
export interface RecordHead {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly version: string;
  readonly identity: string;
  readonly provides: string;
  readonly installIf: string;
  readonly uninstallable: boolean;
}

export function joinLists(list: string, more: string): string {
  return list === "" ? more : `${list} ${more}`;
}

/** Bits of the last digit that stand for nothing are nothing: equal hashes are equal strings. */
export function canonicalIdentity(value: string): string {
  const i = value.length - 2;
  if (value.length !== 30 || value.charCodeAt(i + 1) !== 0x3d) return value;
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const digit = digits.indexOf(value.charAt(i));
  return (digit & 3) === 0 ? value : `${value.slice(0, i)}${digits.charAt(digit & ~3)}=`;
}

/**
 * Takes one field of a record, by the code of its letter. False: not a field of index records. Values that come twice
 * are lists that go on.
 */
export function takeField(info: PackageInfo, letter: number, value: string): boolean {
  switch (letter) {
    case 0x43: // C
      info.identity = canonicalIdentity(value);
      return true;
    case 0x50: // P
      info.name = value;
      return true;
    case 0x56: // V
      info.version = value;
      return true;
    case 0x41: // A
      info.arch = value;
      return true;
    case 0x53: // S
      info.size = +value || 0;
      return true;
    case 0x49: // I
      info.installedSize = +value || 0;
      return true;
    case 0x54: // T
      info.description = value;
      return true;
    case 0x55: // U
      info.url = value;
      return true;
    case 0x4c: // L
      info.license = value;
      return true;
    case 0x44: // D
      info.depends = joinLists(info.depends, value);
      return true;
    case 0x6f: // o
      info.origin = value;
      return true;
    case 0x6d: // m
      info.maintainer = value;
      return true;
    case 0x74: // t
      info.buildTime = +value || 0;
      return true;
    case 0x63: // c
      info.commit = value;
      return true;
    case 0x6b: // k
      info.providerPriority = +value || 0;
      return true;
    case 0x70: // p
      info.provides = joinLists(info.provides, value);
      return true;
    case 0x69: // i
      info.installIf = joinLists(info.installIf, value);
      return true;
    case 0x67: // g
      info.tags = joinLists(info.tags, value);
      return true;
    default:
      return false;
  }
}

/** All that a record says. */
export function readRecord({ text, start, end, identity, uninstallable }: RecordHead): PackageInfo {
  const info = emptyInfo();
  for (let at = start; at < end; ) {
    let stop = text.indexOf("\n", at);
    if (stop < 0 || stop > end) stop = end;
    takeField(info, text.charCodeAt(at), text.slice(at + 2, stop));
    at = stop + 1;
  }
  info.identity = identity;
  info.uninstallable = uninstallable;
  return info;
}
