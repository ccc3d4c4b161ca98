// libgen.h and friends: taking paths apart and together.

/** The last part of a path, trailing slashes not counting: basename(3). "/" for the root, "" for "". */
export function lastPart(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  if (end === 1) return path.charAt(0);
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end);
}

/** All but the last part: dirname(3). */
export function dirPart(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  end = path.lastIndexOf("/", end - 1);
  if (end < 0 || path === "") return path.startsWith("/") ? "/" : ".";
  while (end > 0 && path[end - 1] === "/") end--;
  return end === 0 ? "/" : path.slice(0, end);
}

/** "dir/name" with one slash between. */
export function joinPath(dir: string, name: string): string {
  return dir.endsWith("/") ? dir + name : `${dir}/${name}`;
}
