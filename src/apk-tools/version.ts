// Versions: `number{.number}…{letter}{_suffix{number}}…{~hexhash}{-r#}` (apk-package(5)).

/** Order of two versions: -1, 0 or 1. */
export function compareVersions(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Does `version` stand to `other` as `op` (OP_* bits) says? */
export function matchesVersion(version: string, op: number, other: string): boolean {
  const order = compareVersions(version, other);
  return (op & (order < 0 ? 2 : order > 0 ? 4 : 1)) !== 0;
}
