// The table of applets: an import and a line for each, in the order of the folders.
import { cat } from "./coreutils/cat.ts";
import { cksum } from "./coreutils/cksum.ts";
import { false_, true_ } from "./coreutils/true.ts";
import type { Applet } from "./libbb/applet.ts";

/** All applets. Made anew by each caller, who keeps it. */
export function allApplets(): Applet[] {
  return [
    // ash: `ash` and `sh` go here when src/ash exports its program.

    // coreutils
    cat,
    cksum,
    false_,
    true_,
  ];
}
