// lib/apk/db/installed as text: index records with states, directories and files, both ways.
import { formatFields } from "./index-text.ts";
import {
  type Acl,
  type InstalledDirectory,
  type InstalledFile,
  InstalledPackage,
} from "./installed.ts";
import { emptyInfo, Package } from "./package.ts";
import { takeField } from "./record.ts";

/** One record being read. */
class RecordReader {
  readonly #info = emptyInfo();
  readonly #directories: InstalledDirectory[] = [];
  #directory: InstalledDirectory | undefined;
  #file: InstalledFile | undefined;
  #repositoryTag = "";
  #flags = "";

  /** undefined: a package without name or version. */
  finish(): InstalledPackage | undefined {
    if (this.#info.name === "" || this.#info.version === "") return undefined;
    const installed = new InstalledPackage(new Package(this.#info));
    installed.pkg.installed = installed;
    installed.directories = this.#directories;
    installed.repositoryTag = this.#repositoryTag;
    installed.brokenFiles = this.#flags.includes("f");
    installed.brokenScript = this.#flags.includes("s");
    installed.brokenXattr = this.#flags.includes("x");
    installed.sha256 = this.#flags.includes("S");
    return installed;
  }

  /** A field; false when it cannot be understood. */
  take(letter: number, value: string): boolean {
    switch (letter) {
      case 0x46: // F
        this.#directory = { path: value, acl: undefined, files: [] };
        this.#file = undefined;
        this.#directories.push(this.#directory);
        return true;
      case 0x52: // R
        this.#file = { name: value, acl: undefined, checksum: "" };
        return this.#directory !== undefined && this.#directory.files.push(this.#file) > 0;
      case 0x4d: // M
        if (this.#directory === undefined) return false;
        this.#directory.acl = parseAcl(value);
        return this.#directory.acl !== undefined;
      case 0x61: // a
        if (this.#file === undefined) return false;
        this.#file.acl = parseAcl(value);
        return this.#file.acl !== undefined;
      case 0x5a: // Z
        if (this.#file === undefined) return false;
        this.#file.checksum = value;
        return true;
      case 0x72: // r
        this.#info.replaces += this.#info.replaces === "" ? value : ` ${value}`;
        return true;
      case 0x71: // q
        this.#info.replacesPriority = +value || 0;
        return true;
      case 0x73: // s
        this.#repositoryTag = value;
        return true;
      case 0x66: // f
        this.#flags += value;
        // Small letters that are not known may be passed over, capitals may not.
        return !/[A-RT-Z]/.test(value);
      default:
        // Small letters that are not known may be passed over, capitals may not.
        return takeField(this.#info, letter, value) || letter >= 0x61;
    }
  }
}

/** "uid:gid:mode[:xattrs]", the mode octal. */
function parseAcl(value: string): Acl | undefined {
  const [uid = "", gid = "", mode = "", xattrs = ""] = value.split(":", 4);
  if (!/^\d{1,10}$/.test(uid) || !/^\d{1,10}$/.test(gid) || !/^[0-7]{1,7}$/.test(mode))
    return undefined;
  return { uid: +uid, gid: +gid, mode: Number.parseInt(mode, 8), xattrs };
}

/** Every package of the file, `pkg.installed` set. Throws SyntaxError with "line N: …" for what cannot be read. */
export function parseInstalled(text: string): InstalledPackage[] {
  const all: InstalledPackage[] = [];
  let record: RecordReader | undefined;
  let at = 0;
  let number = 1;
  for (; at <= text.length; number++) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    if (end === at) {
      if (record !== undefined) all.push(finish(record, number));
      record = undefined;
    } else {
      record ??= new RecordReader();
      const ok = text.charCodeAt(at + 1) === 0x3a;
      if (!ok || !record.take(text.charCodeAt(at), text.slice(at + 2, end)))
        throw new SyntaxError(`line ${number}: format error in ${text.slice(at, end)}`);
    }
    at = end + 1;
  }
  if (record !== undefined) all.push(finish(record, number));
  return all;
}

function finish(record: RecordReader, number: number): InstalledPackage {
  const installed = record.finish();
  if (installed === undefined)
    throw new SyntaxError(`line ${number}: a package without name or version`);
  return installed;
}

function formatAcl(letter: string, acl: Acl | undefined, usual: number): string {
  if (acl === undefined) return "";
  const { uid, gid, mode, xattrs } = acl;
  if (uid === 0 && gid === 0 && mode === usual && xattrs === "") return "";
  return `${letter}:${uid}:${gid}:${mode.toString(8)}${xattrs === "" ? "" : `:${xattrs}`}\n`;
}

function formatDirectory(directory: InstalledDirectory): string {
  let text = `F:${directory.path}\n${formatAcl("M", directory.acl, 0o755)}`;
  for (const { name, acl, checksum } of directory.files) {
    text += `R:${name}\n${formatAcl("a", acl, 0o644)}`;
    if (checksum !== "") text += `Z:${checksum}\n`;
  }
  return text;
}

/** The file, byte for byte as the real apk writes it: packages by name. */
export function formatInstalled(installed: readonly InstalledPackage[]): string {
  let text = "";
  const sorted = [...installed].sort(({ pkg: a }, { pkg: b }) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  for (const one of sorted) {
    const { info } = one.pkg;
    const flags =
      (one.brokenFiles ? "f" : "") +
      (one.brokenScript ? "s" : "") +
      (one.brokenXattr ? "x" : "") +
      (one.sha256 ? "S" : "");
    text += formatFields(info);
    if (info.replaces !== "") text += `r:${info.replaces}\n`;
    if (info.replacesPriority !== 0) text += `q:${info.replacesPriority}\n`;
    if (one.repositoryTag !== "") text += `s:${one.repositoryTag}\n`;
    if (flags !== "") text += `f:${flags}\n`;
    for (const directory of one.directories) text += formatDirectory(directory);
    text += "\n";
  }
  return text;
}
