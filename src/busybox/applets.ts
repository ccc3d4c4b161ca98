// The table of applets: an import and a line for each, in the order of the folders.
import { bunzip2, bzcat, bzip2 } from "./archival/bzip2.ts";
import { cpio } from "./archival/cpio.ts";
import { gunzip, gzip, zcat } from "./archival/gzip.ts";
import { lzop, lzopcat, unlzop } from "./archival/lzop.ts";
import { tar } from "./archival/tar.ts";
import { unzip } from "./archival/unzip.ts";
import { lzcat, lzma, unlzma, unxz, xzcat } from "./archival/xz.ts";
import { chvt, deallocvt, openvt } from "./console-tools/chvt.ts";
import { clear } from "./console-tools/clear.ts";
import { dumpkmap, kbd_mode, loadkmap, setkeycodes } from "./console-tools/kbd_mode.ts";
import { reset } from "./console-tools/reset.ts";
import { resize } from "./console-tools/resize.ts";
import { setconsole, setlogcons } from "./console-tools/setconsole.ts";
import { loadfont, setfont } from "./console-tools/setfont.ts";
import { showkey } from "./console-tools/showkey.ts";
import { arch } from "./coreutils/arch.ts";
import { base64 } from "./coreutils/base64.ts";
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
import { nice } from "./coreutils/nice.ts";
import { nl } from "./coreutils/nl.ts";
import { nohup } from "./coreutils/nohup.ts";
import { nproc } from "./coreutils/nproc.ts";
import { od } from "./coreutils/od.ts";
import { paste } from "./coreutils/paste.ts";
import { printenv } from "./coreutils/printenv.ts";
import { printf } from "./coreutils/printf.ts";
import { pwd } from "./coreutils/pwd.ts";
import { readlink } from "./coreutils/readlink.ts";
import { realpath } from "./coreutils/realpath.ts";
import { rm } from "./coreutils/rm.ts";
import { rmdir } from "./coreutils/rmdir.ts";
import { seq } from "./coreutils/seq.ts";
import { shred } from "./coreutils/shred.ts";
import { shuf } from "./coreutils/shuf.ts";
import { sleep } from "./coreutils/sleep.ts";
import { sort } from "./coreutils/sort.ts";
import { split } from "./coreutils/split.ts";
import { stat } from "./coreutils/stat.ts";
import { stty } from "./coreutils/stty.ts";
import { sum } from "./coreutils/sum.ts";
import { sync } from "./coreutils/sync.ts";
import { tac } from "./coreutils/tac.ts";
import { tail } from "./coreutils/tail.ts";
import { tee } from "./coreutils/tee.ts";
import { bracket, doubleBracket, test } from "./coreutils/test.ts";
import { timeout } from "./coreutils/timeout.ts";
import { touch } from "./coreutils/touch.ts";
import { tr } from "./coreutils/tr.ts";
import { false_, true_ } from "./coreutils/true.ts";
import { truncate } from "./coreutils/truncate.ts";
import { tty } from "./coreutils/tty.ts";
import { uname } from "./coreutils/uname.ts";
import { uniq } from "./coreutils/uniq.ts";
import { unlink } from "./coreutils/unlink.ts";
import { usleep } from "./coreutils/usleep.ts";
import { uudecode } from "./coreutils/uudecode.ts";
import { uuencode } from "./coreutils/uuencode.ts";
import { wc } from "./coreutils/wc.ts";
import { who } from "./coreutils/who.ts";
import { whoami } from "./coreutils/whoami.ts";
import { yes } from "./coreutils/yes.ts";
import { pipe_progress } from "./debianutils/pipe_progress.ts";
import { run_parts } from "./debianutils/run-parts.ts";
import { which } from "./debianutils/which.ts";
import { chattr, lsattr } from "./e2fsprogs/chattr.ts";
import { awk } from "./editors/awk/awk.ts";
import { cmp } from "./editors/cmp.ts";
import { diff } from "./editors/diff.ts";
import { sed } from "./editors/sed.ts";
import { vi } from "./editors/vi/vi.ts";
import { find } from "./findutils/find.ts";
import { egrep, fgrep, grep } from "./findutils/grep.ts";
import { xargs } from "./findutils/xargs.ts";
import { halt, poweroff, reboot } from "./init/halt.ts";
import { init } from "./init/init.ts";
import type { Applet } from "./libbb/applet.ts";
import { add_shell, remove_shell } from "./loginutils/add-shell.ts";
import { addgroup } from "./loginutils/addgroup.ts";
import { adduser } from "./loginutils/adduser.ts";
import { chpasswd } from "./loginutils/chpasswd.ts";
import { cryptpw, mkpasswd } from "./loginutils/cryptpw.ts";
import { delgroup, deluser } from "./loginutils/deluser.ts";
import { getty } from "./loginutils/getty.ts";
import { login } from "./loginutils/login.ts";
import { passwd } from "./loginutils/passwd.ts";
import { su } from "./loginutils/su.ts";
import { vlock } from "./loginutils/vlock.ts";
import { makemime } from "./mailutils/makemime.ts";
import { reformime } from "./mailutils/reformime.ts";
import { sendmail } from "./mailutils/sendmail.ts";
import { adjtimex } from "./miscutils/adjtimex.ts";
import { bbconfig } from "./miscutils/bbconfig.ts";
import { bc } from "./miscutils/bc.ts";
import { beep } from "./miscutils/beep.ts";
import { crond } from "./miscutils/crond.ts";
import { crontab } from "./miscutils/crontab.ts";
import { dc } from "./miscutils/dc.ts";
import { fbsplash } from "./miscutils/fbsplash.ts";
import { inotifyd } from "./miscutils/inotifyd.ts";
import { less } from "./miscutils/less/less.ts";
import { lsusb } from "./miscutils/lsusb.ts";
import { microcom } from "./miscutils/microcom.ts";
import { nanddump, nandwrite } from "./miscutils/nanddump.ts";
import { readahead } from "./miscutils/readahead.ts";
import { rfkill } from "./miscutils/rfkill.ts";
import { strings } from "./miscutils/strings.ts";
import { time } from "./miscutils/time.ts";
import { tree } from "./miscutils/tree.ts";
import { ttysize } from "./miscutils/ttysize.ts";
import { watchdog } from "./miscutils/watchdog.ts";
import { depmod, modinfo } from "./modutils/modinfo.ts";
import { insmod, lsmod, modprobe, rmmod } from "./modutils/modprobe.ts";
import { arp } from "./networking/arp.ts";
import { dnsdomainname, hostname } from "./networking/hostname.ts";
import { ifconfig } from "./networking/ifconfig.ts";
import { ifdown, ifup } from "./networking/ifupdown.ts";
import { ip, ipaddr, iplink, ipneigh, iproute, iprule, iptunnel } from "./networking/ip/ip.ts";
import { ipcalc } from "./networking/ipcalc.ts";
import { brctl, tunctl, vconfig } from "./networking/links.ts";
import { nbdClient } from "./networking/nbd-client.ts";
import { nc } from "./networking/nc.ts";
import { netstat } from "./networking/netstat.ts";
import { nslookup } from "./networking/nslookup.ts";
import { ntpd } from "./networking/ntpd.ts";
import { ping, ping6 } from "./networking/ping.ts";
import { pscan } from "./networking/pscan.ts";
import { rdate } from "./networking/rdate.ts";
import { route } from "./networking/route.ts";
import { traceroute, traceroute6 } from "./networking/traceroute.ts";
import { udhcpc } from "./networking/udhcpc.ts";
import { wget } from "./networking/wget.ts";
import { whois } from "./networking/whois.ts";
import { free } from "./procps/free.ts";
import { fuser } from "./procps/fuser.ts";
import { iostat } from "./procps/iostat.ts";
import { kill, killall, killall5 } from "./procps/kill.ts";
import { lsof } from "./procps/lsof.ts";
import { mpstat } from "./procps/mpstat.ts";
import { nmeter } from "./procps/nmeter.ts";
import { pgrep, pkill } from "./procps/pgrep.ts";
import { pidof } from "./procps/pidof.ts";
import { pmap } from "./procps/pmap.ts";
import { ps } from "./procps/ps.ts";
import { pstree } from "./procps/pstree.ts";
import { pwdx } from "./procps/pwdx.ts";
import { sysctl } from "./procps/sysctl.ts";
import { top } from "./procps/top.ts";
import { uptime } from "./procps/uptime.ts";
import { watch } from "./procps/watch.ts";
import { ash, sh } from "./shell/ash.ts";
import { klogd } from "./sysklogd/klogd.ts";
import { logger } from "./sysklogd/logger.ts";
import { logread } from "./sysklogd/logread.ts";
import { syslogd } from "./sysklogd/syslogd.ts";
import { acpid } from "./util-linux/acpid.ts";
import { blkid, findfs } from "./util-linux/blkid.ts";
import { blkdiscard, blockdev, fdflush, partprobe, raidautorun } from "./util-linux/blockdev.ts";
import { cal } from "./util-linux/cal.ts";
import { dmesg } from "./util-linux/dmesg.ts";
import { eject, fstrim, rdev, volname } from "./util-linux/eject.ts";
import { fallocate } from "./util-linux/fallocate.ts";
import { fatattr } from "./util-linux/fatattr.ts";
import { fbset } from "./util-linux/fbset.ts";
import { fdisk } from "./util-linux/fdisk.ts";
import { flock } from "./util-linux/flock.ts";
import { fsck } from "./util-linux/fsck.ts";
import { getopt } from "./util-linux/getopt.ts";
import { hd, hexdump } from "./util-linux/hexdump.ts";
import { hwclock } from "./util-linux/hwclock.ts";
import { ionice } from "./util-linux/ionice.ts";
import { ipcrm, ipcs } from "./util-linux/ipcs.ts";
import { last } from "./util-linux/last.ts";
import { linux32, linux64 } from "./util-linux/linux32.ts";
import { losetup } from "./util-linux/losetup.ts";
import { mdev } from "./util-linux/mdev.ts";
import { mesg } from "./util-linux/mesg.ts";
import { mkdosfs, mkfsVfat } from "./util-linux/mkfs_vfat.ts";
import { mkswap } from "./util-linux/mkswap.ts";
import { more } from "./util-linux/more.ts";
import { mount } from "./util-linux/mount.ts";
import { mountpoint } from "./util-linux/mountpoint.ts";
import { nologin } from "./util-linux/nologin.ts";
import { nsenter } from "./util-linux/nsenter.ts";
import { pivot_root } from "./util-linux/pivot_root.ts";
import { renice } from "./util-linux/renice.ts";
import { rev } from "./util-linux/rev.ts";
import { setpriv } from "./util-linux/setpriv.ts";
import { setserial } from "./util-linux/setserial.ts";
import { setsid } from "./util-linux/setsid.ts";
import { swapoff, swapon } from "./util-linux/swapon.ts";
import { switch_root } from "./util-linux/switch_root.ts";
import { umount } from "./util-linux/umount.ts";
import { unshare } from "./util-linux/unshare.ts";
import { xxd } from "./util-linux/xxd.ts";

/** All applets. Made anew by each caller, who keeps it. */
export function allApplets(): Applet[] {
  return [
    // shell
    ash,
    sh,

    // coreutils
    arch,
    base64,
    basename,
    bracket,
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
    doubleBracket,
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
    nice,
    nl,
    nohup,
    nproc,
    od,
    paste,
    printenv,
    printf,
    pwd,
    readlink,
    realpath,
    rm,
    rmdir,
    seq,
    sha1sum,
    sha256sum,
    sha3sum,
    sha512sum,
    shred,
    shuf,
    sleep,
    sort,
    split,
    stat,
    stty,
    sum,
    sync,
    tac,
    tail,
    tee,
    test,
    timeout,
    touch,
    tr,
    true_,
    truncate,
    tty,
    uname,
    unexpand,
    uniq,
    unix2dos,
    unlink,
    usleep,
    uudecode,
    uuencode,
    wc,
    who,
    whoami,
    yes,

    // editors
    diff,
    cmp,
    awk,
    sed,
    vi,

    // archival
    bunzip2,
    bzcat,
    bzip2,
    cpio,
    gunzip,
    gzip,
    lzcat,
    lzma,
    tar,
    unlzma,
    unxz,
    unzip,
    xzcat,
    zcat,
    lzop,
    lzopcat,
    unlzop,

    // findutils
    egrep,
    fgrep,
    find,
    grep,
    xargs,

    // full-screen programs and consoles
    clear,
    reset,
    resize,
    less,
    ttysize,
    showkey,
    loadfont,
    setfont,
    setconsole,
    setlogcons,
    dumpkmap,
    kbd_mode,
    loadkmap,
    setkeycodes,
    chvt,
    deallocvt,
    openvt,
    top,
    watch,
    more,

    // procps
    free,
    fuser,
    iostat,
    kill,
    killall,
    killall5,
    lsof,
    pgrep,
    pidof,
    pkill,
    pmap,
    ps,
    pstree,
    pwdx,
    sysctl,
    uptime,
    nmeter,
    mpstat,

    // debianutils
    pipe_progress,
    run_parts,
    which,

    // miscutils
    bc,
    crond,
    crontab,
    dc,
    inotifyd,
    strings,
    time,
    tree,
    fbsplash,
    microcom,
    lsusb,
    adjtimex,
    bbconfig,
    watchdog,
    readahead,
    nanddump,
    nandwrite,
    rfkill,
    beep,

    // loginutils
    add_shell,
    addgroup,
    adduser,
    chpasswd,
    cryptpw,
    delgroup,
    deluser,
    login,
    mkpasswd,
    passwd,
    remove_shell,
    su,
    vlock,

    // modutils
    insmod,
    lsmod,
    modprobe,
    rmmod,
    depmod,
    modinfo,

    // init
    getty,
    halt,
    init,
    poweroff,
    reboot,

    // util-linux
    blkid,
    findfs,
    blkdiscard,
    blockdev,
    fdflush,
    partprobe,
    raidautorun,
    eject,
    fstrim,
    rdev,
    volname,
    fdisk,
    fsck,
    losetup,
    mkdosfs,
    mkfsVfat,
    mkswap,
    swapoff,
    swapon,
    cal,
    dmesg,
    fallocate,
    flock,
    getopt,
    hd,
    hexdump,
    hwclock,
    last,
    mdev,
    mesg,
    mount,
    mountpoint,
    nologin,
    pivot_root,
    renice,
    rev,
    setsid,
    switch_root,
    umount,
    unshare,
    xxd,
    setserial,
    acpid,
    fbset,
    fatattr,
    chattr,
    lsattr,
    ipcrm,
    ipcs,
    setpriv,
    nsenter,
    linux32,
    linux64,
    ionice,

    // networking
    dnsdomainname,
    hostname,
    ipcalc,
    nc,
    arp,
    brctl,
    ifconfig,
    ifdown,
    ifup,
    ip,
    ipaddr,
    iplink,
    ipneigh,
    iproute,
    iprule,
    iptunnel,
    netstat,
    nslookup,
    ntpd,
    pscan,
    rdate,
    route,
    traceroute,
    traceroute6,
    tunctl,
    udhcpc,
    vconfig,
    whois,
    ping,
    ping6,
    wget,
    nbdClient,
    sendmail,
    reformime,
    makemime,

    // sysklogd
    klogd,
    logger,
    logread,
    syslogd,
  ];
}
