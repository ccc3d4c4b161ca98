// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { initramfsInit } from "./init.ts";

export function mkinitfsPrograms(): [name: string, program: Program][] {
  return [["initramfs-init", initramfsInit]];
}
