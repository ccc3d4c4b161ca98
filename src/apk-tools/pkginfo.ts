// .PKGINFO, the text in a package that says what it is (apk-v2(5)): `key = value` lines.
import { emptyInfo, type PackageInfo } from "./package.ts";

type TextField =
  | "name"
  | "version"
  | "arch"
  | "description"
  | "url"
  | "license"
  | "origin"
  | "maintainer"
  | "commit";
type ListField = "depends" | "provides" | "installIf" | "replaces" | "recommends" | "triggers";
type NumberField = "buildTime" | "installedSize" | "providerPriority" | "replacesPriority";

const TEXTS: ReadonlyMap<string, TextField> = new Map([
  ["pkgname", "name"],
  ["pkgver", "version"],
  ["arch", "arch"],
  ["pkgdesc", "description"],
  ["url", "url"],
  ["license", "license"],
  ["origin", "origin"],
  ["maintainer", "maintainer"],
  ["commit", "commit"],
]);
const LISTS: ReadonlyMap<string, ListField> = new Map([
  ["depend", "depends"],
  ["provides", "provides"],
  ["install_if", "installIf"],
  ["replaces", "replaces"],
  ["triggers", "triggers"],
]);
const NUMBERS: ReadonlyMap<string, NumberField> = new Map([
  ["builddate", "buildTime"],
  ["size", "installedSize"],
  ["provider_priority", "providerPriority"],
  ["replaces_priority", "replacesPriority"],
]);

/** What the text says, and the SHA-256 of the data part in hexadecimal ("" when it does not say). */
export interface ParsedPkgInfo {
  readonly info: PackageInfo;
  readonly datahash: string;
}

/** Reads it: comments and keys nobody knows are passed over, keys of lists may come again. */
export function parsePkgInfo(text: string): ParsedPkgInfo {
  const info = emptyInfo();
  let datahash = "";
  for (const line of text.split("\n")) {
    const at = line.indexOf(" = ");
    if (at <= 0 || line.startsWith("#")) continue;
    const key = line.slice(0, at);
    const value = line.slice(at + 3);
    const field = TEXTS.get(key);
    const list = LISTS.get(key);
    const number = NUMBERS.get(key);
    if (field !== undefined) info[field] = value;
    else if (list !== undefined) info[list] += info[list] === "" ? value : ` ${value}`;
    else if (number !== undefined) info[number] = Number(/^\d{1,15}/.exec(value)?.[0] ?? 0);
    else if (key === "datahash") datahash = value.trim();
  }
  return { info, datahash };
}
