// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program, Steps } from "../abi/program.ts";
import { Process, runMain } from "../libc/process.ts";
import { dumpe2fsMain } from "./dumpe2fs.ts";
import { e2fsckMain } from "./e2fsck.ts";
import { mke2fsMain } from "./mke2fs.ts";
import { e2labelMain, tune2fsMain } from "./tune2fs.ts";

function program(main: (p: Process) => Steps<number>): Program {
  return (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);
}

/** mkfs.ext4 and fsck.ext4 are links to mke2fs and e2fsck. */
export function e2fsprogsPrograms(): [name: string, program: Program][] {
  return [
    ["mke2fs", program(mke2fsMain)],
    ["e2fsck", program(e2fsckMain)],
    ["tune2fs", program(tune2fsMain)],
    ["e2label", program(e2labelMain)],
    ["dumpe2fs", program(dumpe2fsMain)],
  ];
}
