// Directories and files of the state in /run/openrc: questions and changes that do not mind what is missing.
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { readDir, rmdir, tryLstat, tryStat, unlink } from "../../libc/unistd.ts";

/** Is there a file, links followed? */
export function exists(sys: Sys, path: string): boolean {
  return tryStat(sys, path) !== undefined;
}

/** Does a call, telling whether it worked. */
export function done(call: () => void): boolean {
  return failure(call) === undefined;
}

/** The error of a call; undefined when it worked. */
export function failure(call: () => void): Errno | undefined {
  try {
    call();
    return undefined;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e;
  }
}

/** Names in a directory but those that begin with a dot; none when it cannot be read. */
export function* listDir(sys: Sys, path: string): Steps<string[]> {
  try {
    const entries = yield* readDir(sys, path);
    return entries.map((d) => d.name).filter((name) => !name.startsWith("."));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return [];
  }
}

/** Names of the directories in a directory, links followed. */
export function* listSubdirs(sys: Sys, path: string): Steps<string[]> {
  const names = yield* listDir(sys, path);
  return names.filter((name) => {
    const st = tryStat(sys, `${path}/${name}`);
    return st !== undefined && S_ISDIR(st.mode);
  });
}

/** Names in a directory that can be services: the file is there, and is no piece of shell named *.sh. */
export function* listServices(sys: Sys, path: string): Steps<string[]> {
  const names = yield* listDir(sys, path);
  return names.filter((name) => exists(sys, `${path}/${name}`) && !/..*\.sh$/s.test(name));
}

/** Removes a directory and what is in it. */
export function* removeTree(sys: Sys, path: string): Steps<boolean> {
  const names = yield* listDir(sys, path);
  for (const name of names) {
    const file = `${path}/${name}`;
    const st = tryLstat(sys, file);
    if (st !== undefined && S_ISDIR(st.mode)) yield* removeTree(sys, file);
    else done(() => unlink(sys, file));
  }
  return done(() => rmdir(sys, path));
}
