// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { lsblk } from "./lsblk.ts";
import { sfdisk } from "./sfdisk/main.ts";

export function utilLinuxPrograms(): [name: string, program: Program][] {
  return [
    ["lsblk", lsblk],
    ["sfdisk", sfdisk],
  ];
}
