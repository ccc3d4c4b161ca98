// Templates of package file names: `${arch}/${name}-${version}.apk`, `${hash:8}` (apk-mkndx(8)).
import type { PackageInfo } from "./package.ts";

/** Fills a template in; undefined for a variable nobody knows. `hash` in hexadecimal. */
export function expandSpec(spec: string, info: PackageInfo, hash: string): string | undefined {
  const values: ReadonlyMap<string, string> = new Map([
    ["name", info.name],
    ["version", info.version],
    ["arch", info.arch],
    ["hash", hash],
  ]);
  let known = true;
  const text = spec.replace(/\$\{(\w+)(?::(\d{1,4}))?\}/g, (_, key: string, length?: string) => {
    const value = values.get(key);
    if (value === undefined) known = false;
    return (value ?? "").slice(0, length === undefined ? undefined : Number(length));
  });
  return known ? text : undefined;
}
