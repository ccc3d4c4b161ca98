// Templates of package file names: `${arch}/${name}-${version}.apk`, `${hash:8}` (apk-mkndx(8)).
import type { PackageInfo } from "./package.ts";

const VARIABLE = /\$\{(name|version|arch|hash)(?::(\d{1,4}))?\}/g;

/** Fills a template in; undefined when it has variables that nobody knows. `hash` in hexadecimal. */
export function expandSpec(
  spec: string,
  info: Pick<PackageInfo, "name" | "version" | "arch">,
  hash: string,
): string | undefined {
  if (spec.replace(VARIABLE, "").includes("$")) return undefined;
  const values: Readonly<Record<string, string>> = {
    name: info.name,
    version: info.version,
    arch: info.arch,
    hash,
  };
  return spec.replace(VARIABLE, (_, key: string, length?: string) =>
    (values[key] as string).slice(0, length === undefined ? undefined : Number(length)),
  );
}

/** Does every package get a file name of its own that tells its name first? */
export function isSpec(spec: string): boolean {
  const path = spec.replace(/^[a-z]+:\/\/[^/]*\//, "");
  const literal = path.replace(VARIABLE, "");
  const file = path.slice(path.lastIndexOf("/") + 1);
  return /^[a-zA-Z0-9._+/-]*$/.test(literal) && file.startsWith("${name}") && file !== "${name}";
}
