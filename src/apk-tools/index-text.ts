// APKINDEX records: `X:value` lines, a blank line between packages (apk-package(5)), both ways.
import type { Package } from "./package.ts";

/** The packages of an index's text, in its order. `broken` is told of records that cannot be used. */
export function parseIndex(_text: string, _broken?: (line: string) => void): Package[] {
  return [];
}

/** The record of a package as `apk index` writes it, with a blank line behind. */
export function formatIndexRecord(_pkg: Package): string {
  return "";
}
