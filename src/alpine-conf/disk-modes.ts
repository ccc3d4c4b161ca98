// setup-disk's modes: the system on a disk (sys), or only /var (data), on plain partitions, LVM, LUKS or RAID.
import { EEXIST } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { mkdir, rename } from "../libc/unistd.ts";
import { output } from "./commands.ts";
import { findNthPartition, findPartitions, setupPartitions } from "./disk-partitions.ts";
import { installMountedRoot } from "./disk-root.ts";
import type { DiskSetup } from "./disk-state.ts";
import { words } from "./libalpine.ts";

const GROUP = "vg0";

/** A size for sfdisk; empty: all that is left. */
function megabytes(size: string): string {
  return size === "" ? "" : `${size}M`;
}

/** The type of a partition, which is another one in a RAID. */
function partitionType(d: DiskSetup, type: string): string {
  return d.partitionId(d.raid ? "raid" : type);
}

function bootType(d: DiskSetup): string {
  if (d.efi) return d.partitionId("esp");
  if (d.raid) return d.partitionId("raid");
  return d.partitionId(d.bootfs === "vfat" && d.label === "dos" ? "vfat" : "linux");
}

/** RAID of the n-th partition of all disks that is not the one to boot from. */
function* raidDevice(d: DiskSetup, device: string, disks: readonly string[]): Steps<boolean> {
  const { s } = d;
  const index = Number(device.slice("/dev/md".length)) + (d.arch === "ppc64le" ? 1 : 0);
  const parts = yield* findNthPartition(d, index, d.partitionId("raid"), disks);
  if (parts.length === 0) {
    yield* s.eecho("No Raid partitions found");
    return false;
  }
  const level = parts.length > 2 ? 5 : 1;
  const count = Math.max(2, parts.length);
  const missing = parts.length === 1 ? ["missing"] : [];
  const argv = ["mdadm", "--create", device, `--level=${level}`, `--raid-devices=${count}`];
  return (yield* s.run([...argv, "--quiet", "--run", ...parts, ...missing])) === 0;
}

/** Makes the file system to boot from; its device. */
function* bootDevice(d: DiskSetup, disks: readonly string[]): Steps<string> {
  const { s } = d;
  const parts: string[] = [];
  for (const disk of disks) parts.push(...(yield* findPartitions(d, disk, "boot")));
  let device = parts[0];
  if (device === undefined) return "";
  if (d.arch === "ppc64le") {
    for (const disk of disks) {
      yield* s.run(["sfdisk", "--quiet", disk, "-N1"], { input: ",,,*\n" });
      yield* s.run(["sfdisk", "--quiet", disk, "-N2"], { input: ",,,-\n" });
    }
    yield* s.mocked(["mdev", "-s"]);
  }
  yield* s.echo("Creating file systems...");
  if (d.raid) {
    const missing = parts.length === 1 ? ["missing"] : [];
    const count = Math.max(2, parts.length);
    const argv = ["mdadm", "--create", "/dev/md0", "--level=1", `--raid-devices=${count}`];
    const rest = ["--metadata=0.90", "--quiet", "--run", ...parts, ...missing];
    if ((yield* s.run([...argv, ...rest])) !== 0) return "";
    device = "/dev/md0";
  }
  const fs = d.bootfs;
  const flags = fs === "vfat" ? ["-F", "32"] : fs === "btrfs" ? [] : ["-q"];
  if (fs === "ext4") flags.push("-O", "^64bit");
  yield* s.mocked([`mkfs.${fs}`, ...words(s.env("MKFS_OPTS_BOOT")), ...flags, device]);
  return device;
}

function* setupSwap(d: DiskSetup, devices: readonly string[]): Steps<void> {
  const { s } = d;
  const fstab = `${s.root}etc/fstab`;
  let text = (yield* s.lines(fstab))
    .filter((line) => !line.includes("swap"))
    .map((line) => `${line}\n`)
    .join("");
  for (const device of devices) {
    yield* s.mocked(["mkswap", device], { stdout: "null" });
    text += `${yield* d.uuidOrDevice(device)}\tnone\t\tswap\tdefaults 0 0\n`;
  }
  yield* s.write(fstab, text);
  d.swapDevices = [...devices];
  yield* s.run(["swapon", "-a"]);
  yield* s.run(["rc-update", "--quiet", "add", "swap", "boot"]);
}

function* mdadmConf(d: DiskSetup): Steps<void> {
  const { s } = d;
  if (!d.raid) return;
  yield* s.write("/etc/mdadm.conf", `${yield* s.output(["mdadm", "--detail", "--scan"])}\n`);
  yield* s.run(["rc-update", "--quiet", "add", "mdadm-raid", "boot"]);
  const modules = yield* s.lines("/etc/modules");
  const table = yield* s.rows("/proc/modules");
  for (const [name = ""] of table)
    if (name.startsWith("raid") && !modules.some((line) => line.startsWith(name)))
      yield* s.append("/etc/modules", `${name}\n`);
}

/** Encrypts a partition and opens it; the opened device, undefined when that fails. */
function* setupCrypt(d: DiskSetup, device: string, name: string): Steps<string | undefined> {
  const { s } = d;
  s.mkdirs("/run/cryptsetup");
  for (;;) {
    yield* s.eecho("Preparing partition for encryption.");
    yield* s.eecho("You will be prompted for your password at boot.");
    yield* s.eecho("If you forget your password, your data will be lost.");
    const format = ["cryptsetup", "luksFormat", "--batch-mode", "--verify-passphrase"];
    const status = yield* s.run([...format, "--type", "luks2", device], { stdout: "stderr" });
    s.countRetry();
    // 2: the passwords were not the same.
    if (status === 2) continue;
    if (status !== 0) return undefined;
    yield* s.eecho("Enter password again to unlock disk for installation.");
    const open = ["cryptsetup", "open", device, name];
    if ((yield* s.run(open, { stdout: "stderr" })) === 0) return `/dev/mapper/${name}`;
    yield* s.eecho("");
  }
}

/** As setupCrypt, for /var: it is opened at boot. */
function* cryptVar(d: DiskSetup, device: string): Steps<string | undefined> {
  yield* d.s.write("/etc/conf.d/dmcrypt", `target=var\nsource='${device}'\n`);
  const opened = yield* setupCrypt(d, device, "var");
  if (opened !== undefined) yield* d.s.run(["rc-update", "add", "dmcrypt", "boot"]);
  return opened;
}

function* volumeGroup(d: DiskSetup, disks: readonly string[]): Steps<boolean> {
  const { s } = d;
  let device: string | undefined = "/dev/md1";
  if (d.raid) {
    if (!(yield* raidDevice(d, device, disks))) return false;
  } else device = (yield* findPartitions(d, disks[0] ?? "", "lvm"))[0] ?? "";
  if (d.crypt)
    device = d.mode === "data" ? yield* cryptVar(d, device) : yield* setupCrypt(d, device, "root");
  if (device === undefined) return false;
  const wipe = yield* output(s.p, ["dd", "if=/dev/zero", `of=${device}`, "bs=1k", "count=1"], {
    stderr: "stdout",
  });
  if (wipe.status !== 0) yield* s.echo(wipe.text);
  if ((yield* s.run(["pvcreate", "--quiet", device])) !== 0) return false;
  return (yield* s.run(["vgcreate", "--quiet", GROUP, device], { stdout: "null" })) === 0;
}

function* volumeSwap(d: DiskSetup): Steps<void> {
  if (d.swapSize === "" || d.swapSize === "0") return;
  yield* d.s.run(["lvcreate", "--quiet", "-n", "lv_swap", "-L", `${d.swapSize}MB`, GROUP]);
  yield* setupSwap(d, [`/dev/${GROUP}/lv_swap`]);
}

function* unmountAll(d: DiskSetup, dir: string): Steps<void> {
  const { s } = d;
  const rows = yield* s.rows(`${s.root}proc/mounts`);
  const place = dir.replace(/\/+/g, "/");
  const below = rows.map((row) => row[1] ?? "").filter((at) => `${at}/`.startsWith(`${place}/`));
  yield* s.run(["umount", ...below.sort().reverse()]);
  if (!d.crypt) return;
  if (d.lvm) yield* s.run(["vgchange", "-a", "n"]);
  yield* s.run(["cryptsetup", "close", "/dev/mapper/root"]);
}

/** Makes the root's file system, installs to it and unmounts it. */
function* setupRoot(
  d: DiskSetup,
  root: string,
  boot: string,
  disks: readonly string[],
): Steps<number> {
  const { s } = d;
  const sysroot = s.root + d.sysroot.replace(/^\//, "");
  const flags = d.rootfs === "btrfs" ? [] : ["-q"];
  yield* s.mocked([`mkfs.${d.rootfs}`, ...words(s.env("MKFS_OPTS_ROOT")), ...flags, root]);
  s.mkdirs(sysroot);
  if ((yield* s.run(["mount", "-t", d.rootfs, root, sysroot])) !== 0) return 1;
  if (boot !== "") {
    const esp = d.efi && !d.crypt && d.bootloader !== "limine";
    const dir = `${sysroot}/boot${esp ? "/efi" : ""}`;
    s.mkdirs(dir);
    if ((yield* s.run(["mount", "-t", d.bootfs, boot, dir])) !== 0) return 1;
  }
  yield* mdadmConf(d);
  if ((yield* installMountedRoot(d, sysroot, disks)) !== 0) return 1;
  yield* s.mocked(["swapoff", "-a"]);
  yield* unmountAll(d, sysroot);
  yield* s.echo("\nInstallation is complete. Please reboot.");
  return 0;
}

/** If /var is mounted, its files move to the root and it is unmounted. */
export function* resetVar(d: DiskSetup): Steps<void> {
  const { s } = d;
  if ((yield* d.mountDevice("/var")) === "") return;
  // A copy first: what keeps /var busy must not cost its contents.
  const script =
    "rm -rf /.var && cp -a /var /.var && rm -rf /.var/lost+found && " +
    "if umount /var; then rm -rf /var && mv /.var /var; else rm -rf /.var; fi";
  yield* s.run(["sh", "-c", script]);
}

function* setupVar(d: DiskSetup, device: string): Steps<number> {
  const { s } = d;
  yield* s.echo("Creating file systems...");
  const mkfs = [`mkfs.${d.varfs}`, ...words(s.env("MKFS_OPTS_VAR")), device];
  if ((yield* s.run(mkfs, { stdout: "null" })) !== 0) return 1;
  const lines = (yield* s.lines("/etc/fstab")).filter((line) => !/\s\/var\s/.test(line));
  lines.push(`${yield* d.uuidOrDevice(device)}\t/var\t\t${d.varfs}\tdefaults 1 2`);
  yield* s.write("/etc/fstab", lines.map((line) => `${line}\n`).join(""));
  rename(s.sys, "/var", "/.var");
  try {
    mkdir(s.sys, "/var");
  } catch (e) {
    if (e !== EEXIST) throw e;
  }
  yield* s.run(["mount", "/var"]);
  yield* s.run(["sh", "-c", "mv /.var/* /var/; rmdir /.var"]);
  yield* s.run(["service", "syslog", "--quiet", "condrestart"]);
  yield* mdadmConf(d);
  return 0;
}

/** Makes the same partitions on all disks. */
function* partition(
  d: DiskSetup,
  disks: readonly string[],
  parts: readonly string[],
): Steps<boolean> {
  for (const disk of disks) if (!(yield* setupPartitions(d, disk, parts))) return false;
  return true;
}

/** Partition lines with the one to boot from, marked as the label wants it. */
function* partitionBootable(
  d: DiskSetup,
  disks: readonly string[],
  rest: readonly string[],
): Steps<boolean> {
  const { s } = d;
  const bios = d.label === "gpt" && !d.efi;
  const parts = [`${d.bootSize || "300"}M,${bootType(d)},*`, ...rest];
  if (d.arch === "ppc64le") parts.unshift(`8M,${d.partitionId("prep")}`);
  else if (bios) parts.unshift(`2M,${d.partitionId("biosboot")}`);
  if (!(yield* partition(d, disks, parts))) return false;
  if (bios && d.arch !== "ppc64le")
    for (const disk of disks)
      yield* s.run(["sfdisk", "--part-attrs", d.path(disk), "2", "LegacyBIOSBootable"]);
  yield* s.mocked(["mdev", "-s"]);
  return true;
}

/** What every mode begins with. */
function* begin(d: DiskSetup, disks: readonly string[]): Steps<boolean> {
  if (!(yield* d.installPrograms(d.mode === "sys" ? d.bootloaderPackages() : []))) return false;
  if (!(yield* d.confirmErase(disks))) return false;
  if (d.raid) yield* d.stopRaid();
  return true;
}

function* nativeInstall(d: DiskSetup, disks: readonly string[]): Steps<number> {
  const swapType = partitionType(d, "swap");
  const rootType = partitionType(d, "linux");
  const parts = [`${d.swapSize}M,${swapType}`, `${megabytes(d.rootSize)},${rootType}`];
  if (!(yield* partitionBootable(d, disks, parts))) return 1;
  const boot = yield* bootDevice(d, disks);
  const withSwap = Number(d.swapSize) > 0;
  let swap: string | undefined = "/dev/md1";
  let root: string | undefined = withSwap ? "/dev/md2" : "/dev/md1";
  if (d.raid) {
    if (withSwap && !(yield* raidDevice(d, swap, disks))) return 1;
    if (!(yield* raidDevice(d, root, disks))) return 1;
  } else {
    swap = (yield* findNthPartition(d, 1, swapType, disks))[0];
    // The PReP partition is the one to boot from there.
    const index = d.arch === "ppc64le" ? 2 : 1;
    root = (yield* findNthPartition(d, index, rootType, disks))[0];
  }
  if (d.crypt && root !== undefined) root = yield* setupCrypt(d, root, "root");
  if (root === undefined) return 1;
  if (withSwap && swap !== undefined) yield* setupSwap(d, [swap]);
  return yield* setupRoot(d, root, boot, disks);
}

function* lvmInstall(d: DiskSetup, disks: readonly string[]): Steps<number> {
  const { s } = d;
  const part = `${megabytes(d.lvmSize)},${partitionType(d, "lvm")}`;
  if (!(yield* partitionBootable(d, disks, [part]))) return 1;
  const boot = yield* bootDevice(d, disks);
  if (!(yield* volumeGroup(d, disks))) return 1;
  yield* volumeSwap(d);
  const size = d.rootSize === "" ? ["-l", "100%FREE"] : ["-L", `${d.rootSize}MB`];
  yield* s.run(["lvcreate", "--quiet", "-n", "lv_root", ...size, GROUP]);
  yield* s.run(["rc-update", "add", "lvm", "boot"]);
  return yield* setupRoot(d, `/dev/${GROUP}/lv_root`, boot, disks);
}

function* dataInstall(d: DiskSetup, disks: readonly string[]): Steps<number> {
  const { s } = d;
  const swapType = partitionType(d, "swap");
  const varType = partitionType(d, "linux");
  if (!(yield* partition(d, disks, [`${d.swapSize}M,${swapType}`, `,${varType}`]))) return 1;
  yield* s.mocked(["mdev", "-s"]);
  const withSwap = Number(d.swapSize) > 0;
  let swap: string | undefined = "/dev/md1";
  let device: string | undefined = withSwap ? "/dev/md2" : "/dev/md1";
  if (d.raid) {
    if (withSwap && !(yield* raidDevice(d, swap, disks))) return 1;
    if (!(yield* raidDevice(d, device, disks))) return 1;
  } else {
    swap = (yield* findNthPartition(d, 1, swapType, disks))[0];
    device = (yield* findNthPartition(d, 1, varType, disks))[0];
  }
  if (d.crypt && device !== undefined) device = yield* cryptVar(d, device);
  if (device === undefined) return 1;
  if (withSwap && swap !== undefined) yield* setupSwap(d, [swap]);
  return yield* setupVar(d, device);
}

function* lvmData(d: DiskSetup, disks: readonly string[]): Steps<number> {
  const { s } = d;
  const part = `${megabytes(d.lvmSize)},${partitionType(d, "lvm")}`;
  if (!(yield* partition(d, disks, [part]))) return 1;
  yield* s.mocked(["mdev", "-s"]);
  if (!(yield* volumeGroup(d, disks))) return 1;
  yield* volumeSwap(d);
  yield* s.run(["lvcreate", "--quiet", "-n", "lv_var", "-l", "100%FREE", GROUP]);
  yield* mdadmConf(d);
  yield* s.run(["rc-update", "add", "lvm", "boot"]);
  return yield* setupVar(d, `/dev/${GROUP}/lv_var`);
}

/** Uses disks as the mode says; the program's status. */
export function* installToDisks(d: DiskSetup, disks: readonly string[]): Steps<number> {
  if (d.mode === "none") return 0;
  if (d.mode !== "sys" && d.mode !== "data") d.s.die(`Not a valid install mode: ${d.mode}`);
  if (d.mode === "data") d.bootloader = "";
  if (!(yield* begin(d, disks))) return 1;
  if (d.mode === "sys") return yield* (d.lvm ? lvmInstall : nativeInstall)(d, disks);
  return yield* (d.lvm ? lvmData : dataInstall)(d, disks);
}
