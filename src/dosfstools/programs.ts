// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { fsckFat } from "./fsck-fat.ts";
import { mkfsFat } from "./mkfs-fat.ts";

export function dosfstoolsPrograms(): [name: string, program: Program][] {
  return [
    ["fsck.fat", fsckFat],
    ["mkfs.fat", mkfsFat],
  ];
}
