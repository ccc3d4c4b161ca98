// busybox-extras: a second program of many commands, for those that the base system does without.
import type { Program } from "../abi/program.ts";
import { busybox } from "./busybox.ts";
import { ftpget, ftpput } from "./extras/ftpgetput.ts";
import { httpd } from "./extras/httpd.ts";
import type { Applet } from "./libbb/applet.ts";

/** Its applets; a new array each time. */
export function extraApplets(): Applet[] {
  return [ftpget, ftpput, httpd];
}

/** A new table for each caller. */
export function extraPrograms(): [string, Program][] {
  return [["busybox-extras", busybox(extraApplets())]];
}
