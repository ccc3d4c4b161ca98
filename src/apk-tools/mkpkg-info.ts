// Fields of packages as `apk mkpkg --info KEY:VALUE` gives them (apk-package(5)).

import { parseDependency } from "./dependency.ts";
import { ApkError } from "./errors.ts";
import { type AdbObject, fromHex } from "./schema.ts";
import { isVersion } from "./version.ts";

type Kind = "text" | "number" | "hex" | "dependencies" | "tags" | "layer" | "name" | "version";

const INFO: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["name", "name"],
  ["version", "version"],
  ["description", "text"],
  ["arch", "text"],
  ["license", "text"],
  ["origin", "text"],
  ["maintainer", "text"],
  ["url", "text"],
  ["repo-commit", "hex"],
  ["build-time", "number"],
  ["installed-size", "number"],
  ["provider-priority", "number"],
  ["depends", "dependencies"],
  ["provides", "dependencies"],
  ["replaces", "dependencies"],
  ["install-if", "dependencies"],
  ["recommends", "dependencies"],
  ["layer", "layer"],
  ["tags", "tags"],
]);
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/;
const TAG = /^[a-zA-Z0-9._+\-,:/[\]=]+$/;
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

/** Puts one KEY:VALUE into the package's values; ApkError for what must not be. */
export function takeInfo(pkg: AdbObject, info: AdbObject, given: string): void {
  const colon = given.indexOf(":");
  const key = colon < 0 ? given : given.slice(0, colon);
  const value = colon < 0 ? "" : given.slice(colon + 1);
  const kind = INFO.get(key);
  if (key === "replaces-priority") pkg.set(key, number(key, value));
  else if (kind === undefined || colon < 0) throw new ApkError(`invalid info field: ${given}`);
  else if (value !== "") info.set(key, parse(key, kind, value));
}

function invalid(key: string, value: string): ApkError {
  return new ApkError(`invalid value for info field ${key}: ${value}`);
}

function number(key: string, value: string): number {
  const n = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(n <= NUMBER_MAX)) throw invalid(key, value);
  return n;
}

function parse(key: string, kind: Kind, value: string): string | number | string[] {
  const words = value.split(/[ \n]+/).filter((word) => word !== "");
  switch (kind) {
    case "text":
      if (/[\n\0]/.test(value)) throw invalid(key, value);
      return value;
    case "name":
      if (!NAME.test(value)) throw invalid(key, value);
      return value;
    case "version":
      if (!isVersion(value)) throw invalid(key, value);
      return value;
    case "number":
      return number(key, value);
    case "layer":
      return value === "root" ? 0 : value === "uvol" ? 1 : number(key, value);
    case "hex": {
      const bytes = fromHex(value);
      if (bytes === undefined) throw invalid(key, value);
      return bytes;
    }
    case "dependencies":
      for (const word of words) if (parseDependency(word) === undefined) throw invalid(key, word);
      return words;
    case "tags":
      for (const word of words) if (!TAG.test(word)) throw invalid(key, word);
      return words;
  }
}
