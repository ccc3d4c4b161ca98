// The trusted bundle: the TypeScript programs that `#!bivy NAME` files may name.
import type { Program } from "../abi/program.ts";
import { abuildPrograms } from "../abuild/programs.ts";
import { alpineConfPrograms } from "../alpine-conf/programs.ts";
import { apkPrograms } from "../apk-tools/programs.ts";
import { busybox } from "../busybox/busybox.ts";
import { extraPrograms } from "../busybox/programs.ts";
import { doasPrograms } from "../doas/programs.ts";
import { dosfstoolsPrograms } from "../dosfstools/programs.ts";
import { e2fsprogsPrograms } from "../e2fsprogs/programs.ts";
import { mkinitfsPrograms } from "../mkinitfs/programs.ts";
import { getconf } from "../musl-utils/getconf.ts";
import { openrcPrograms } from "../openrc/programs.ts";
import { opensslPrograms } from "../openssl/programs.ts";
import { sslClientPrograms } from "../ssl_client/programs.ts";
import { utilLinuxPrograms } from "../util-linux/programs.ts";

/** The programs of the base system; made anew by each caller. */
export function basePrograms(): Map<string, Program> {
  return new Map([
    ["busybox", busybox()],
    ["getconf", getconf],
    ...extraPrograms(),
    ...sslClientPrograms(),
    ...apkPrograms(),
    ...abuildPrograms(),
    ...openrcPrograms(),
    ...e2fsprogsPrograms(),
    ...mkinitfsPrograms(),
    ...alpineConfPrograms(),
    ...doasPrograms(),
    ...opensslPrograms(),
    ...utilLinuxPrograms(),
    ...dosfstoolsPrograms(),
  ]);
}
