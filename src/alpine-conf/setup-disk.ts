// setup-disk: installs the system to a disk, or gives a disk to one that runs from memory (setup-disk(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { S_ISBLK } from "../libc/stat.ts";
import { tryStat } from "../libc/unistd.ts";
import { modloopMedia } from "./copy-modloop.ts";
import { checkLimine } from "./disk-bootloader.ts";
import { installToDisks, resetVar } from "./disk-modes.ts";
import { installMountedRoot } from "./disk-root.ts";
import { DiskSetup } from "./disk-state.ts";
import { callByName } from "./disk-test.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

function usage(flavor: string): string {
  return `usage: setup-disk [-hLqrve] [-b DISKDEV] [-B BOOTLOADER] [-k kernelflavor] [-m MODE]
                  [-o apkovl] [-R ROOT_SIZE] [-s SWAP_SIZE] [-w FILE]
                  [MOUNTPOINT | DISKDEV...]

Installs to what is mounted at MOUNTPOINT, or to disks; asks for them when there is
no argument. Two disks become a RAID of level 1, more of them one of level 5.

options:
 -h  Show this text
 -b  Put the boot loader onto this disk (for MOUNTPOINT; may be repeated)
 -B  Use this boot loader
 -e  Encrypt the disk
 -m  What the disk is for, without asking: 'data' or 'sys'
 -o  Take the settings from this overlay
 -k  Use this kernel instead of ${flavor}
 -L  Use LVM
 -q  Say nothing when there are no disks
 -r  Make a RAID of one disk
 -R  Size of the root in MB
 -s  Size of swap in MB (0: none)
 -v  Say more
 -w  Write the mode that was chosen to FILE

Environment: BOOTLOADER (grub, syslinux, zipl, raspberrypi-bootloader, u-boot, limine,
none), KERNELOPTS (quiet), DISKLABEL (dos; gpt with EFI), BOOTFS, ROOTFS, VARFS
(ext2, ext3, ext4, btrfs, xfs; BOOTFS also vfat), USE_EFI, DEFAULT_DISK, ERASE_DISKS
(these disks are erased without asking), SYSROOT, BOOT_SIZE, MKFS_OPTS_BOOT,
MKFS_OPTS_ROOT, MKFS_OPTS_VAR.
`;
}

const DISK_HELP = `
The disk may hold the whole system, or only its data.

All that is on it will be erased.

Enter 'none' to run without a disk.

`;
const MODE_HELP = `
Enter 'sys', 'data', 'crypt', 'cryptsys', 'lvm', 'lvmsys' or 'lvmdata'.

sys:
  The system is installed to the disk, which gets partitions for /boot, for the
  root and for swap. Good for desktops, development and virtual servers.

data:
  The system runs from memory, and the disk holds what it works on: mail,
  databases, logs and so on, in /var.

crypt:
  Encrypt the disk, and ask again for 'sys' or 'data'. A password is asked for
  when the system boots.

cryptsys:
  As 'sys', encrypted.

lvm:
  Use the logical volume manager, and ask again for 'sys' or 'data'.

lvmsys:
  As 'sys', with the logical volume manager.

lvmdata:
  As 'data', with the logical volume manager.

`;

/** Asks for disks; none: run without. */
function* askDisks(d: DiskSetup, disks: readonly string[]): Steps<string[]> {
  const { s } = d;
  const preset = s.env("DEFAULT_DISK") || disks[0];
  for (;;) {
    yield* s.echo("Available disks are:");
    yield* d.showDisks(disks);
    yield* s.echo();
    const answer = yield* s.ask(
      "Which disk(s) would you like to use? (or '?' for help or 'none')",
      preset,
    );
    if (answer === "abort") throw new Exit(0);
    if (answer === "none") return [];
    if (answer === "?") {
      yield* s.print(DISK_HELP);
      continue;
    }
    const chosen = words(answer);
    let good = chosen.length > 0;
    for (const name of chosen) {
      const st = tryStat(s.sys, `/dev/${name}`);
      if (st === undefined || !S_ISBLK(st.mode)) {
        yield* s.eecho(`/dev/${name} is not a block device`);
        good = false;
      } else if (!disks.includes(name)) good = false;
    }
    if (good) return chosen.map((name) => `/dev/${name}`);
  }
}

/** Asks what disks are for. */
function* askMode(d: DiskSetup, disks: readonly string[]): Steps<void> {
  const { s } = d;
  const [are, them] = disks.length > 1 ? ["disks are", "them"] : ["disk is", "it"];
  for (;;) {
    const how = d.crypt
      ? ` (with ${d.lvm ? "LVM on LUKS" : "encryption"})`
      : d.lvm
        ? " (with LVM)"
        : "";
    yield* s.echo(`\nThe following ${are} selected${how}:`);
    yield* d.showDisks(disks);
    yield* s.echo();
    const crypt = d.crypt || d.lvm ? "" : ", 'crypt'";
    const lvm = d.lvm ? "" : ", 'lvm'";
    const question = `How would you like to use ${them}? ('sys', 'data'${crypt}${lvm} or '?' for help)`;
    const answer = yield* s.ask(question, "?");
    const mode = /^(lvm|crypt)?(sys|data)$/.exec(answer);
    if (answer === "?") yield* s.print(MODE_HELP);
    if (answer === "nolvm") d.lvm = false;
    if (answer === "nocrypt") d.crypt = false;
    if (answer === "lvm" || mode?.[1] === "lvm") d.lvm = true;
    if (answer === "crypt" || answer === "cryptsys") {
      d.crypt = true;
      if (Number(d.swapSize) > 0) d.lvm = true;
    }
    if (mode === null || answer === "cryptdata") continue;
    d.mode = mode[2] as string;
    return;
  }
}

/** The medium that the modloop is on, which may be the only disk there is. */
class ModloopMedia {
  readonly #s: Setup;
  media: string | undefined;
  disk = "";

  constructor(s: Setup) {
    this.#s = s;
  }

  *find(): Steps<void> {
    const s = this.#s;
    this.media = yield* modloopMedia(s);
    if (this.media === undefined) return;
    const number = yield* s.output(["mountpoint", "-d", this.media]);
    const uevent = yield* s.text(`${s.root}sys/dev/block/${number.split(":")[0]}:0/uevent`);
    this.disk = `/dev/${/^DEVNAME=(.*)$/m.exec(uevent ?? "")?.[1] ?? ""}`;
  }

  get mayErase(): boolean {
    return words(this.#s.env("ERASE_DISKS")).includes(this.disk);
  }

  /** Takes the modules off it and unmounts it. */
  *release(): Steps<void> {
    const s = this.#s;
    s.p.env.set("DO_UMOUNT", "1");
    s.p.env.set("modloop_media", this.media ?? "");
    if ((yield* s.run(["copy-modloop"])) === 0) this.media = undefined;
    s.p.env.delete("DO_UMOUNT");
    s.p.env.delete("modloop_media");
  }
}

/** The disks to use, as given or asked for; none: run without. */
function* chooseDisks(d: DiskSetup, given: readonly string[]): Steps<string[]> {
  const { s } = d;
  const modloop = new ModloopMedia(s);
  yield* modloop.find();
  let disks = yield* d.findDisks();
  while (disks.length === 0 && given.length === 0) {
    const { media } = modloop;
    const question = `No disks available. Try boot media ${media}? (y/n)`;
    if (media === undefined || (!modloop.mayErase && !(yield* s.askYesno(question, "n")))) {
      if (!s.quiet) yield* s.eecho("No disks found.");
      throw new Exit(0);
    }
    yield* modloop.release();
    disks = yield* d.findDisks();
    s.countRetry();
  }
  if (given.length === 0) return yield* askDisks(d, disks);
  for (const disk of given) {
    const real = (yield* s.output(["readlink", "-f", disk])) || disk;
    if (!s.exists(`${d.sys(real)}/device`))
      s.die(`${disk} is not a block device suitable for partitioning`);
    if (modloop.media !== undefined && modloop.mayErase && disk === modloop.disk)
      yield* modloop.release();
  }
  return [...given];
}

function applyOption(d: DiskSetup, letter: string, value: string): void {
  if (letter === "b") d.bootloaderDisks.push(value);
  else if (letter === "B") d.bootloader = value;
  else if (letter === "e") d.crypt = true;
  else if (letter === "k") d.flavor = value;
  else if (letter === "L") d.lvm = true;
  else if (letter === "m") d.mode = value;
  else if (letter === "o") d.apkovl = value;
  else if (letter === "q") d.s.quiet = true;
  else if (letter === "r") d.raid = true;
  else if (letter === "R") d.rootSize = value;
  else if (letter === "s") d.swapSize = value;
  else if (letter === "v") d.s.verbose = true;
}

/** Defaults that depend on the machine. */
function* findDefaults(d: DiskSetup): Steps<void> {
  const { s } = d;
  if (yield* d.isRaspberry()) {
    d.bootloader ||= "raspberrypi-bootloader";
    d.swapSize ||= "0";
    d.bootfs = "vfat";
  }
  if (d.efi || s.isDir(`${s.root}sys/firmware/efi`)) {
    d.efi = true;
    d.label = "gpt";
    d.bootfs = "vfat";
  }
  d.arch = yield* s.output(["apk", "--print-arch"]);
  d.bootloader ||= d.defaultBootloader();
  if (d.bootloader !== "limine") return;
  checkLimine(d);
  d.bootfs = "vfat";
}

/** The size of the partition to boot from, unless it was given. */
function* bootSize(d: DiskSetup, disks: readonly string[]): Steps<void> {
  if (d.bootSize !== "") return;
  if (d.bootloader === "limine") {
    const efi = d.efi ? Number(yield* d.findEfiSize(disks)) : 0;
    d.bootSize = String(Math.max(300, efi));
  } else if (d.efi && !d.crypt) d.bootSize = yield* d.findEfiSize(disks);
}

function* toMountedRoot(d: DiskSetup, dir: string): Steps<void> {
  const { s } = d;
  yield* s.run(["apk", "add", "--quiet", ...d.bootloaderPackages()]);
  if (!(yield* d.installPrograms())) throw new Exit(1);
  const status = yield* installMountedRoot(d, dir.replace(/\/$/, ""), d.bootloaderDisks);
  if (status !== 0) throw new Exit(status);
  if (!d.efi && (d.arch === "x86_64" || d.arch === "x86"))
    yield* s.eecho("You might need fix the MBR to be able to boot");
}

function* main(s: Setup): Steps<number> {
  const d = new DiskSetup(s);
  const release = yield* s.output(["uname", "-r"]);
  if (/-[a-z]/.test(release) && !/-rc\d/.test(release))
    d.flavor = release.slice(release.lastIndexOf("-") + 1);
  s.usage = usage(d.flavor);
  const test = s.env("SETUP_DISK_TESTFUNC");
  if (test !== "") return yield* callByName(d, test, s.p.argv.slice(1));
  const { options, operands } = yield* s.getopts("b:B:hek:Lm:o:qrR:s:vw:");
  for (const [letter, value] of options) applyOption(d, letter, value);
  const modeFile = options.findLast(([letter]) => letter === "w")?.[1];
  const writeMode = function* (): Steps<void> {
    if (modeFile !== undefined) yield* s.write(modeFile, `${d.mode}\n`);
  };
  if (d.mode === "none" || operands[0] === "none") return 0;
  yield* findDefaults(d);
  if (operands[0] !== undefined && s.isDir(operands[0])) {
    yield* toMountedRoot(d, operands[0]);
    yield* writeMode();
    return 0;
  }
  if (d.bootloaderDisks.length > 0) s.die("-b can only be used when installing to a mounted root");
  yield* resetVar(d);
  yield* s.mocked(["swapoff", "-a"]);
  const quiet = { stdout: "null", stderr: "null" } as const;
  yield* s.mocked(["vgchange", "--ignorelockingfailure", "-a", "n"], quiet);
  if (d.raid) yield* d.stopRaid();
  const disks = yield* chooseDisks(d, operands);
  if (disks.length === 0) return 0;
  if (d.swapSize === "") d.swapSize = yield* d.findSwapSize(disks);
  if (d.mode === "") yield* askMode(d, disks);
  yield* bootSize(d, disks);
  if (disks.length > 1) d.raid = true;
  yield* s.mocked(["dmesg", "-n1"]);
  if (d.lvm && !((yield* s.text("/proc/misc")) ?? "").includes("device-mapper"))
    yield* s.run(["modprobe", "dm-mod"]);
  yield* writeMode();
  return yield* installToDisks(d, disks);
}

/** The program. */
export const setupDisk: Program = setupProgram("", main);
