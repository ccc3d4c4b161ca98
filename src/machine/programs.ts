// The trusted bundle: the TypeScript programs that `#!bivy NAME` files may name.
import type { Program } from "../abi/program.ts";
import { abuildPrograms } from "../abuild/programs.ts";
import { alpineConfPrograms } from "../alpine-conf/programs.ts";
import { apkPrograms } from "../apk-tools/programs.ts";
import { busybox } from "../busybox/busybox.ts";
import { extraApplets } from "../busybox/extras.ts";
import { dosfstoolsPrograms } from "../dosfstools/programs.ts";
import { e2fsprogsPrograms } from "../e2fsprogs/programs.ts";
import { mkinitfsPrograms } from "../mkinitfs/programs.ts";
import { getconf } from "../musl-utils/getconf.ts";
import { openrcPrograms } from "../openrc/programs.ts";
import { sslClient } from "../ssl_client/ssl_client.ts";
import { utilLinuxPrograms } from "../util-linux/programs.ts";

/** The programs of the base system; made anew by each caller. */
export function basePrograms(): Map<string, Program> {
  return new Map([
    ["busybox", busybox()],
    ["busybox-extras", busybox(extraApplets())],
    ["getconf", getconf],
    ["ssl_client", sslClient],
    ...apkPrograms(),
    ...abuildPrograms(),
    ...openrcPrograms(),
    ...e2fsprogsPrograms(),
    ...mkinitfsPrograms(),
    ...alpineConfPrograms(),
    ...utilLinuxPrograms(),
    ...dosfstoolsPrograms(),
  ]);
}
