// Values that services keep while they run: files in /run/openrc/options/SERVICE.
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { mkdir, readText, tryStat, unlink, writeFile } from "../../libc/unistd.ts";
import { done } from "./dirs.ts";
import { SVCDIR } from "./paths.ts";

/** A kept value; undefined when there is none. */
export function valueGet(sys: Sys, service: string, option: string): Steps<string | undefined> {
  return readText(sys, `${SVCDIR}/options/${service}/${option}`);
}

/** Keeps a value, or forgets it when none is given. False when that cannot be done. */
export function* valueSet(
  sys: Sys,
  service: string,
  option: string,
  value: string | undefined,
): Steps<boolean> {
  const dir = `${SVCDIR}/options/${service}`;
  done(() => mkdir(sys, dir, 0o755));
  const st = tryStat(sys, dir);
  if (st === undefined || !S_ISDIR(st.mode)) return false;
  if (value === undefined) {
    done(() => unlink(sys, `${dir}/${option}`));
    return true;
  }
  try {
    yield* writeFile(sys, `${dir}/${option}`, value);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}
