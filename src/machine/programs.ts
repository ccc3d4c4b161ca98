// The trusted bundle: the TypeScript programs that `#!bivy NAME` files may name.
import type { Program } from "../abi/program.ts";
import { busybox } from "../busybox/busybox.ts";
import { getconf } from "../musl-utils/getconf.ts";

/** The programs of the base system; made anew by each caller. */
export function basePrograms(): Map<string, Program> {
  return new Map([
    ["busybox", busybox()],
    ["getconf", getconf],
  ]);
}
