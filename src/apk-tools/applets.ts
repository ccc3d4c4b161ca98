// The commands, in the order `apk --help` lists them: one line each.

import { version } from "./app_version.ts";
import type { Applet } from "./applet.ts";

/** All of them; made when asked for, so that loading the program costs nothing. */
export function applets(): readonly Applet[] {
  return [
    // install

    // system

    // query

    // repository

    // package

    // misc
    version,
  ];
}
