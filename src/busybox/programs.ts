// busybox-extras: a second program of many commands, for those that the base system does without.
import type { Program } from "../abi/program.ts";
import { busybox } from "./busybox.ts";
import { ftpget, ftpput } from "./networking/ftpgetput.ts";
import { httpd } from "./networking/httpd.ts";

/** A new table for each caller. */
export function extraPrograms(): [string, Program][] {
  return [["busybox-extras", busybox([ftpget, ftpput, httpd])]];
}
