// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { apk } from "./main.ts";

export function apkPrograms(): [name: string, program: Program][] {
  return [["apk", apk]];
}
