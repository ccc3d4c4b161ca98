// lib/apk/db/installed as text: index records with states, directories and files, both ways.
import type { InstalledPackage } from "./installed.ts";

/** Every package of the file, `pkg.installed` set. Throws SyntaxError with "line N: …" for what cannot be read. */
export function parseInstalled(_text: string): InstalledPackage[] {
  return [];
}

/** The file, byte for byte as the real apk writes it. */
export function formatInstalled(_installed: readonly InstalledPackage[]): string {
  return "";
}
