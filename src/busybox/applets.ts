// The table of applets: an import and a line for each, in the order of the folders.
import { arch } from "./coreutils/arch.ts";
import { basename } from "./coreutils/basename.ts";
import { cat } from "./coreutils/cat.ts";
import { chmod } from "./coreutils/chmod.ts";
import { chgrp, chown } from "./coreutils/chown.ts";
import { chroot } from "./coreutils/chroot.ts";
import { cksum } from "./coreutils/cksum.ts";
import { comm } from "./coreutils/comm.ts";
import { cp } from "./coreutils/cp.ts";
import { cut } from "./coreutils/cut.ts";
import { date } from "./coreutils/date.ts";
import { dd } from "./coreutils/dd.ts";
import { df } from "./coreutils/df.ts";
import { dirname } from "./coreutils/dirname.ts";
import { dos2unix, unix2dos } from "./coreutils/dos2unix.ts";
import { du } from "./coreutils/du.ts";
import { echo } from "./coreutils/echo.ts";
import { env } from "./coreutils/env.ts";
import { expand, unexpand } from "./coreutils/expand.ts";
import { expr } from "./coreutils/expr.ts";
import { factor } from "./coreutils/factor.ts";
import { fold } from "./coreutils/fold.ts";
import { fsync } from "./coreutils/fsync.ts";
import { head } from "./coreutils/head.ts";
import { hostid } from "./coreutils/hostid.ts";
import { groups, id } from "./coreutils/id.ts";
import { install } from "./coreutils/install.ts";
import { link } from "./coreutils/link.ts";
import { ln } from "./coreutils/ln.ts";
import { ls } from "./coreutils/ls.ts";
import { md5sum, sha1sum, sha3sum, sha256sum, sha512sum } from "./coreutils/md5sum.ts";
import { mkdir } from "./coreutils/mkdir.ts";
import { mkfifo, mknod } from "./coreutils/mknod.ts";
import { mktemp } from "./coreutils/mktemp.ts";
import { mv } from "./coreutils/mv.ts";
import { printf } from "./coreutils/printf.ts";
import { bracket, doubleBracket, test } from "./coreutils/test.ts";
import { false_, true_ } from "./coreutils/true.ts";
import { vi } from "./editors/vi/vi.ts";
import { ash, sh } from "./shell/ash.ts";
import type { Applet } from "./libbb/applet.ts";

/** All applets. Made anew by each caller, who keeps it. */
export function allApplets(): Applet[] {
  return [
    // shell
    ash,
    sh,

    // coreutils
    bracket,
    doubleBracket,
    arch,
    basename,
    cat,
    chgrp,
    chmod,
    chown,
    chroot,
    cksum,
    comm,
    cp,
    cut,
    date,
    dd,
    df,
    dirname,
    dos2unix,
    du,
    echo,
    env,
    expand,
    expr,
    factor,
    false_,
    fold,
    fsync,
    groups,
    head,
    hostid,
    id,
    install,
    link,
    ln,
    ls,
    md5sum,
    mkdir,
    mkfifo,
    mknod,
    mktemp,
    mv,
    printf,
    sha1sum,
    sha256sum,
    sha3sum,
    sha512sum,
    test,
    true_,
    unexpand,
    unix2dos,

    // editors
    vi,
  ];
}
