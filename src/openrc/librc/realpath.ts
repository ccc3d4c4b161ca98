// realpath(3): a path without links and dots.
import { ELOOP, Errno } from "../../abi/errno.ts";
import type { Sys } from "../../abi/program.ts";
import { readlink, stat } from "../../libc/unistd.ts";

const MAX_LINKS = 40;

/** The path of the file itself; throws when it is not there. */
export function realpath(sys: Sys, path: string): string {
  stat(sys, path);
  const start = path.startsWith("/") ? path : `${sys.getcwd()}/${path}`;
  const rest = start.split("/").reverse();
  let at = "";
  let links = 0;
  while (rest.length > 0) {
    const part = rest.pop() as string;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const target = linkTarget(sys, `${at}/${part}`);
    if (target === undefined) at += `/${part}`;
    else {
      if (++links > MAX_LINKS) throw ELOOP;
      if (target.startsWith("/")) at = "";
      rest.push(...target.split("/").reverse());
    }
  }
  return at === "" ? "/" : at;
}

/** What a link points to; undefined when it is none. */
export function linkTarget(sys: Sys, path: string): string | undefined {
  try {
    return readlink(sys, path);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}
