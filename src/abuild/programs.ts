// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";

export function abuildPrograms(): [name: string, program: Program][] {
  return [];
}
