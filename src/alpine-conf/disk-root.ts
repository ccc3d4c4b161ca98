// setup-disk's install to a mounted root: the running system's files, fstab, boot loader and packages.
import type { Steps } from "../abi/program.ts";
import { readFile, rename, symlink, writeFile } from "../libc/unistd.ts";
import { output } from "./commands.ts";
import { type BootTarget, serialConsole, setupBootloader } from "./disk-bootloader.ts";
import type { DiskSetup } from "./disk-state.ts";
import { basename, words } from "./libalpine.ts";

/** What the new root is on. */
interface RootFacts {
  mnt: string;
  device: string;
  type: string;
  bootDevice: string;
  bootType: string;
  volumes: string[];
  cryptDevice: string;
  features: string[];
  /** ",raid1" and the like. */
  raidModules: string;
}

function addFeature(facts: RootFacts, name: string): void {
  if (!facts.features.includes(name)) facts.features.push(name);
}

/** The disk that a partition is on, for boot loaders that go there. */
function* bootloaderDisk(d: DiskSetup, device: string): Steps<string | undefined> {
  const { s } = d;
  if (!device.startsWith("/dev/")) return undefined;
  const dir = `${s.root}sys/class/block/${device.slice(5)}`;
  if (!s.exists(`${dir}/partition`)) return undefined;
  const real = yield* s.output(["readlink", "-f", dir]);
  const disk = basename(real.slice(0, real.lastIndexOf("/")));
  return s.exists(`${s.root}sys/class/block/${disk}/device`) ? `/dev/${disk}` : undefined;
}

function* findFacts(d: DiskSetup, mnt: string): Steps<RootFacts | undefined> {
  const { s } = d;
  const device = yield* d.mountDevice(mnt);
  if (device === "") {
    yield* s.eecho(`'${mnt}' does not seem to be a mount point`);
    return undefined;
  }
  let features = words("ata base ide scsi usb virtio");
  if (d.arch === "s390x") features.push("qeth", "dasd_mod");
  if (d.arch === "aarch64") features.push("phy");
  if (yield* d.isRaspberry()) features = ["base", "mmc", "usb"];
  const type = yield* d.mountType(mnt);
  features.push(type);
  if (type === "zfs") features.push("keymap");
  const lvm = yield* d.isLvm(device);
  if (lvm) features.push("lvm");
  const volumes = lvm ? yield* d.physicalVolumes(yield* d.volumeGroup(device)) : [];
  const cryptDevice = yield* d.cryptDevice(lvm ? volumes : [device]);
  let bootDevice = yield* d.mountDevice(`${mnt}/boot`);
  const bootType = yield* d.mountType(bootDevice === "" ? mnt : `${mnt}/boot`);
  if (bootDevice === "") {
    const separate = yield* d.mountDevice(`${mnt}/boot/efi`);
    if (d.bootloader === "limine" && d.efi && separate !== "")
      s.die("Limine EFI requires the vfat boot filesystem mounted at /boot");
    bootDevice = device;
  }
  const facts = { mnt, device, type, bootDevice, bootType, volumes, cryptDevice, features };
  return { ...facts, raidModules: "" };
}

/** Drivers that reach the root: nvme, mmc, raid. */
function* addDrivers(d: DiskSetup, facts: RootFacts): Steps<void> {
  const { s } = d;
  if (facts.type === "zfs") {
    const pool = facts.device.split("/")[0] as string;
    const list = yield* s.output(["zpool", "list", "-v", pool]);
    if (/^\s+nvme/m.test(list)) addFeature(facts, "nvme");
  }
  for (const device of [facts.device, ...facts.volumes, facts.cryptDevice]) {
    if (device.startsWith("/dev/cciss/")) addFeature(facts, "raid");
    else if (device.startsWith("/dev/nvme")) addFeature(facts, "nvme");
    else if (device.startsWith("/dev/mmc")) addFeature(facts, "mmc");
    const dir = d.sys(device);
    if (device === "" || !s.exists(`${dir}/md`)) continue;
    const slaves = yield* s.names(`${dir}/slaves`);
    if (slaves.some((name) => name.startsWith("nvme"))) addFeature(facts, "nvme");
    addFeature(facts, "raid");
    const level = ((yield* s.text(`${dir}/md/level`)) ?? "").trim();
    const module = level === "raid1" ? "raid1" : /^raid[456]$/.test(level) ? "raid456" : "";
    if (module !== "" && !facts.raidModules.includes(`,${module}`))
      facts.raidModules += `,${module}`;
  }
}

/** Unpacks an overlay: the names of its files; undefined when that fails. */
function* unpackOverlay(d: DiskSetup, mnt: string): Steps<string | undefined> {
  const { s } = d;
  const tar = ["tar", "-C", mnt, "--numeric-owner", "-zxvf"];
  const suffix = d.apkovl.slice(d.apkovl.lastIndexOf(".") + 1);
  if (suffix === "gz") {
    const { status, text } = yield* output(s.p, [...tar, d.apkovl]);
    if (status !== 0 && !(yield* s.askYesno("Continue anyway? (y/n)", ""))) return undefined;
    return `${text}\n`;
  }
  yield* s.run(["apk", "add", "--quiet", "openssl"]);
  const known = yield* s.output(["openssl", "list", "-1", "-cipher-commands"]);
  if (!known.split("\n").includes(suffix)) {
    yield* s.eecho(`Cipher ${suffix} is not supported`);
    return undefined;
  }
  yield* s.print("\x07");
  const plain = yield* s.output(["mktemp"]);
  for (let i = 0; i < 3; i++) {
    const argv = ["openssl", "enc", "-d", `-${suffix}`, "-in", d.apkovl, "-out", plain];
    if ((yield* s.run(argv)) !== 0) continue;
    const { status, text } = yield* output(s.p, [...tar, plain], { stderr: "null" });
    s.remove(plain);
    if (status === 0) return `${text}\n`;
  }
  return undefined;
}

/** The running system's own files; their names. */
function* copySettings(d: DiskSetup, mnt: string): Steps<string> {
  const { s } = d;
  const file = yield* s.output(["mktemp"]);
  yield* s.run(["sh", "-c", 'lbu package - >"$0"', file]);
  const { text } = yield* output(s.p, ["tar", "-C", mnt, "-zxvf", file]);
  s.remove(file);
  const repositories = `${mnt}/etc/apk/repositories`;
  const lines = yield* s.text(repositories);
  // Media that were mounted here will not be there, but for the packages that the computer itself brings.
  if (lines !== undefined)
    yield* s.write(repositories, lines.replace(/^\/(?!media\/bivy\/)/gm, "#/"));
  return `${text}\n`;
}

function* writeFstab(d: DiskSetup, mnt: string): Steps<void> {
  const { s } = d;
  const fstab = `${mnt}/etc/fstab`;
  if (s.isFile(fstab)) rename(s.sys, fstab, `${fstab}.old`);
  s.mkdirs(`${mnt}/etc`);
  let text = yield* s.output(["genfstab", "-U", mnt]);
  if (text !== "") text += "\n";
  for (const device of d.swapDevices)
    text += `${yield* d.uuidOrDevice(device)}\tnone\tswap\tdefaults\t0 0\n`;
  text += `/dev/cdrom	/media/cdrom	iso9660	noauto,ro 0 0
/dev/usbdisk	/media/usb	vfat	noauto	0 0
tmpfs	/tmp	tmpfs	nosuid,nodev	0	0
`;
  yield* s.write(fstab, text);
}

/** Is anything in fstab on an encrypted volume? */
function* needsCrypt(d: DiskSetup, mnt: string): Steps<boolean> {
  const { s } = d;
  const table = yield* s.rows(`${mnt}/etc/fstab`);
  for (const [name = "#"] of table) {
    if (name.startsWith("#")) continue;
    const uuid = name.startsWith("UUID=") ? name.slice(5) : undefined;
    const device = uuid === undefined ? name : yield* s.output(["findfs", `UUID=${uuid}`]);
    const below = (yield* d.isLvm(device))
      ? yield* d.physicalVolumes(yield* d.volumeGroup(device))
      : [device];
    for (const each of below) {
      if (!each.startsWith("/dev/mapper/")) continue;
      const status = ["cryptsetup", "status", each.slice("/dev/mapper/".length)];
      if ((yield* s.run(status, { stdout: "null" })) === 0) return true;
    }
  }
  return false;
}

/** Kernel options and root for an encrypted root. */
function* cryptOptions(d: DiskSetup, facts: RootFacts, target: BootTarget): Steps<void> {
  const { s } = d;
  if (facts.volumes.length > 1)
    s.die(
      "Root logical volume spans more than one physical volume.\nThis is currently unsupported.\n" +
        "Proceed manually or retry with root on a single physical volume.",
    );
  const volume = facts.volumes[0] ?? facts.device;
  const device = yield* d.cryptDevice([volume]);
  if (device === "") return;
  const name = yield* d.uuidOrDevice(device);
  target.options = `cryptroot=${name} cryptdm=root ${target.options}`;
  target.root = facts.volumes.length > 0 ? facts.device : "/dev/mapper/root";
}

function* bootTarget(d: DiskSetup, facts: RootFacts, disks: readonly string[]): Steps<BootTarget> {
  const { s } = d;
  const { mnt, type } = facts;
  const crypt = yield* needsCrypt(d, mnt);
  if (crypt) {
    facts.features.push("cryptsetup", "keymap");
    const slaves = yield* s.glob(`${s.root}sys/block/dm-*/slaves/nvme*`);
    if (slaves.length > 0) addFeature(facts, "nvme");
  }
  s.mkdirs(`${mnt}/etc/mkinitfs/features.d`);
  const features = facts.features.join(" ");
  yield* s.write(`${mnt}/etc/mkinitfs/mkinitfs.conf`, `features="${features}"\n`);
  if (facts.raidModules !== "") {
    const text = "/sbin/mdadm\n/etc/mdadm.conf\n";
    yield* s.write(`${mnt}/etc/mkinitfs/features.d/raid.files`, text);
  }
  const target: BootTarget = {
    mnt,
    root: yield* d.uuidOrDevice(facts.device),
    modules: `sd-mod,usb-storage,${type}${facts.raidModules}`,
    options: `${d.kernelOptions} rootfstype=${type}`,
    bootDevice: facts.bootDevice,
    disks,
    features,
  };
  if (words((yield* s.text("/proc/cmdline")) ?? "").some((word) => /^nomodeset(=|$)/.test(word)))
    target.options = `nomodeset ${target.options}`;
  if (crypt) yield* cryptOptions(d, facts, target);
  if (features.includes("nvme")) {
    target.modules += ",nvme";
    if (s.exists("/sys/module/vmd")) target.modules += ",vmd";
  }
  const serial = yield* serialConsole(d, target.options);
  if (serial !== undefined && !` ${target.options} `.includes(` console=${serial.console} `))
    target.options += ` console=${serial.console}`;
  return target;
}

/** Firmware that the loaded drivers want, as far as there are packages of it. */
function* firmwarePackages(d: DiskSetup): Steps<string[]> {
  const { s } = d;
  const modules = yield* s.names(`${s.root}sys/module`);
  const files =
    modules.length === 0
      ? ""
      : yield* s.output(["modinfo", "-F", "firmware", ...modules], {
          stderr: "null",
          cwd: `${s.root}sys/module`,
        });
  const names = new Set<string>();
  for (const file of words(files))
    names.add(`linux-firmware-${file.includes("/") ? file.slice(0, file.indexOf("/")) : "other"}`);
  const wanted = [...names].sort();
  const wireless = yield* s.glob(`${s.root}sys/class/net/*/wireless`);
  if (wireless.some((path) => s.isDir(path))) wanted.push("wireless-regdb");
  if (wanted.length === 0) wanted.push("linux-firmware-none");
  return words(yield* s.output(["apk", "search", "--quiet", "--exact", ...wanted]));
}

function* installPackages(d: DiskSetup, mnt: string, overlay: string): Steps<number> {
  const { s } = d;
  s.mkdirs(`${mnt}/etc/apk/keys`);
  const entries = yield* s.names("/etc/apk/keys");
  for (const name of entries)
    yield* writeFile(
      s.sys,
      `${mnt}/etc/apk/keys/${name}`,
      yield* readFile(s.sys, `/etc/apk/keys/${name}`),
    );
  const packages: string[] = [];
  for (const world of ["etc/apk/world", "var/lib/apk/world"]) {
    const wanted = yield* s.lines(`${mnt}/${world}`);
    for (const line of wanted) if (!/\bsfdisk\b/.test(line)) packages.push(...words(line));
  }
  packages.push(`linux-${d.flavor}`, "alpine-base", ...d.bootloaderPackages());
  packages.push(...(yield* firmwarePackages(d)));
  if ((yield* s.output(["openrc", "--sys"])) === "XEN0") packages.push("xen-hypervisor");
  if (yield* d.isRaspberry()) packages.push("dosfstools");
  const lines = yield* s.lines(`${s.root}etc/apk/repositories`);
  const repositories = lines.flatMap((line) => words(line.replace(/#.*/, "")));
  for (const dir of ["proc", "dev"]) {
    s.mkdirs(`${mnt}/${dir}`);
    yield* s.mocked(["mount", "--bind", `/${dir}`, `${mnt}/${dir}`]);
  }
  if (s.env("BOOTSTRAP_USR_MERGED") === "1") {
    for (const dir of ["lib", "bin", "sbin"]) {
      s.mkdirs(`${mnt}/usr/${dir}`);
      symlink(s.sys, `usr/${dir}`, `${mnt}/${dir}`);
    }
  }
  const flags = "--initdb --quiet --progress --update-cache --clean-protected --overlay-from-stdin";
  const status = yield* s.run(
    [
      ...["apk", "add", "--root", mnt, ...words(flags)],
      ...repositories.flatMap((url) => ["--repository", url]),
      ...packages,
    ],
    { input: overlay },
  );
  for (const dir of ["proc", "dev"]) yield* s.run(["umount", `${mnt}/${dir}`]);
  return status;
}

/** Installs the system to what is mounted at a folder; its status. */
export function* installMountedRoot(
  d: DiskSetup,
  dir: string,
  given: readonly string[],
): Steps<number> {
  const { s } = d;
  const mnt = yield* s.output(["realpath", dir]);
  const facts = yield* findFacts(d, mnt);
  if (facts === undefined) return 1;
  if (d.bootloader !== "none" && !(yield* d.supportsBootFs(facts.bootType))) {
    if (s.env("FORCE_BOOTFS") === "") return 1;
    yield* s.echo("Continuing at your own risk.");
  }
  let disks = given;
  if (disks.length === 0 && d.bootloaderNeedsDisk) {
    const disk =
      (yield* bootloaderDisk(d, facts.bootDevice)) ??
      s.die(
        `Bootloader target disk is required. Use -b DISKDEV, for example: setup-disk -m sys -b /dev/sda ${mnt}`,
      );
    yield* s.echo(`Using ${disk} as bootloader target disk`);
    disks = [disk];
  }
  yield* addDrivers(d, facts);
  if (s.verbose)
    yield* s.echo(
      `Root device:     ${facts.device}\nRoot filesystem: ${facts.type}\n` +
        `Boot device:     ${facts.bootDevice}\nBoot filesystem: ${facts.bootType}`,
    );
  if (d.apkovl !== "") yield* s.echo(`Restoring backup from ${d.apkovl} to ${facts.device}...`);
  const overlay = d.apkovl === "" ? yield* copySettings(d, mnt) : yield* unpackOverlay(d, mnt);
  if (overlay === undefined) return 1;
  // Places for what is mounted before the root can be written to.
  const rows = yield* s.rows("/proc/mounts");
  for (const [, place = ""] of rows) if (/^\/media\/[^/]+$/.test(place)) s.mkdirs(mnt + place);
  // A system on a disk has its modules there.
  const links = yield* s.glob(`${mnt}/etc/runlevels/*/modloop`);
  for (const link of links) s.remove(link);
  yield* writeFstab(d, mnt);
  const target = yield* bootTarget(d, facts, disks);
  for (const db of ["var/lib/apk/installed", "lib/apk/db/installed"]) s.remove(`${mnt}/${db}`);
  yield* s.echo(`Installing system on ${facts.device}:`);
  yield* setupBootloader(d, target);
  return yield* installPackages(d, mnt, overlay);
}
