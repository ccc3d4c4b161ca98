// What setup-disk knows while it works: what was asked for, and what devices and mounts there are.
import type { Steps } from "../abi/program.ts";
import { deviceName } from "./genfstab.ts";
import { basename, type Setup, words } from "./libalpine.ts";

export type DiskLabel = "dos" | "gpt";

/** Partition types by label. */
const TYPES: Readonly<Record<DiskLabel, Readonly<Record<string, string>>>> = {
  gpt: {
    biosboot: "21686148-6449-6E6F-744E-656564454649",
    swap: "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
    linux: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    raid: "A19D880F-05FC-4D3B-A006-743F0F84911E",
    lvm: "E6D6D379-F507-44C2-A23C-238F2A3DF928",
    prep: "9E1A2d38-C612-4316-AA26-8B49521E5A8B",
    esp: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  },
  dos: { swap: "82", linux: "83", raid: "fd", lvm: "8e", prep: "41", esp: "EF", vfat: "0c" },
};

export class DiskSetup {
  readonly s: Setup;
  arch: string;
  bootloader: string;
  bootloaderDisks: string[] = [];
  bootfs: string;
  rootfs: string;
  varfs: string;
  label: string;
  efi: boolean;
  crypt: boolean;
  lvm: boolean;
  raid: boolean;
  mode = "";
  flavor = "lts";
  apkovl: string;
  bootSize: string;
  swapSize: string;
  rootSize: string;
  readonly lvmSize: string;
  readonly kernelOptions: string;
  readonly bootTimeout: string;
  readonly sysroot: string;
  readonly mbr: string;
  swapDevices: string[];

  constructor(s: Setup) {
    this.s = s;
    this.arch = s.env("ARCH");
    this.bootloader = s.env("BOOTLOADER");
    this.bootfs = s.env("BOOTFS") || "ext4";
    this.rootfs = s.env("ROOTFS") || "ext4";
    this.varfs = s.env("VARFS") || "ext4";
    this.label = s.env("DISKLABEL") || "dos";
    this.efi = s.env("USE_EFI") !== "";
    this.crypt = false;
    this.lvm = false;
    this.raid = s.env("USE_RAID") !== "";
    this.apkovl = s.env("APKOVL");
    this.bootSize = s.env("BOOT_SIZE");
    this.swapSize = s.env("SWAP_SIZE");
    this.rootSize = s.env("ROOT_SIZE");
    this.lvmSize = s.env("LVM_SIZE");
    this.kernelOptions = s.env("KERNELOPTS") || "quiet";
    this.bootTimeout = s.env("BOOT_TIMEOUT") || "1";
    this.sysroot = s.env("SYSROOT") || "/mnt";
    this.mbr = s.env("MBR") || "/usr/share/syslinux/mbr.bin";
    this.swapDevices = words(s.env("SWAP_DEVICES"));
  }

  /** A device as a path in the root that is worked on. */
  path(device: string): string {
    return this.s.root + device.replace(/^\//, "");
  }
  /** A disk's folder in /sys/block. */
  sys(device: string): string {
    return `${this.s.root}sys/block/${device.replace(/^\/dev\//, "").replaceAll("/", "!")}`;
  }

  partitionId(type: string): string {
    const types = this.label === "gpt" || this.label === "dos" ? TYPES[this.label] : undefined;
    if (types === undefined) this.s.die(`Partition label "${this.label}" is not supported!`);
    if (!Object.hasOwn(types, type)) this.s.die(`Partition id "${type}" is not supported!`);
    return types[type] as string;
  }

  // ---- mounts --------------------------------------------------------------------------------------
  *#mount(dir: string): Steps<string[] | undefined> {
    const rows = yield* this.s.rows(`${this.s.root}proc/mounts`);
    const place = dir.replace(/\/+/g, "/");
    return rows.findLast((row) => row[1] === place);
  }
  *mountDevice(dir: string): Steps<string> {
    return (yield* this.#mount(dir))?.[0] ?? "";
  }
  *mountType(dir: string): Steps<string> {
    return (yield* this.#mount(dir))?.[2] ?? "";
  }
  /** "UUID=…" where there is one that may be used. */
  *uuidOrDevice(device: string): Steps<string> {
    return yield* deviceName(this.s, device, true);
  }

  // ---- what a device is ----------------------------------------------------------------------------
  *isLvm(device: string): Steps<boolean> {
    return (yield* this.s.run(["lvs", device], { stdout: "null", stderr: "null" })) === 0;
  }
  *volumeGroup(device: string): Steps<string> {
    return words(yield* this.s.output(["lvs", "--noheadings", device]))[1] ?? "";
  }
  *physicalVolumes(group: string): Steps<string[]> {
    const text = yield* this.s.output(["pvs", "--noheadings"]);
    const rows = text.split("\n").map(words);
    return rows.flatMap(([device, vg]) => (vg === group && device !== undefined ? [device] : []));
  }
  /** The device below an opened LUKS volume. */
  *cryptDevice(devices: readonly string[]): Steps<string> {
    const argv = ["cryptsetup", "status", ...devices];
    const text = yield* this.s.output(argv, { stderr: "stdout" });
    return /^.*device:\s*(\S+)/m.exec(text)?.[1] ?? "";
  }
  *isRaspberry(): Steps<boolean> {
    return ((yield* this.s.text("/proc/device-tree/model")) ?? "").includes("Raspberry Pi");
  }

  // ---- disks ---------------------------------------------------------------------------------------
  *#hasMounts(disk: string): Steps<boolean> {
    const rows = yield* this.s.rows(`${this.s.root}proc/mounts`);
    for (const [source = ""] of rows) {
      if (!source.startsWith("/dev/")) continue;
      const name = source.slice(5).replaceAll("/", "!");
      if (name === disk || this.s.exists(`${this.sys(disk)}/${name}`)) return true;
    }
    return false;
  }

  /** Disks that nothing uses. */
  *findDisks(): Steps<string[]> {
    const { s } = this;
    const found: string[] = [];
    const entries = yield* s.names(`${s.root}sys/block`);
    for (const name of entries) {
      const dir = this.sys(name);
      if (!s.exists(`${dir}/device`) || (yield* this.#hasMounts(name))) continue;
      const holders = [
        ...(yield* s.glob(`${dir}/holders/*`)),
        ...(yield* s.glob(`${dir}/*/holders/*`)),
      ];
      if (holders.some((path) => s.exists(path))) {
        if (this.raid) yield* s.eecho(`Warning: ${name} is part of a running raid`);
        continue;
      }
      // Type 5 is an optical drive.
      if (((yield* s.text(`${dir}/device/type`)) ?? "").includes("5")) continue;
      found.push(name);
    }
    return found;
  }

  *#number(path: string): Steps<number> {
    return Number.parseInt((yield* this.s.text(path)) ?? "", 10) || 0;
  }

  /** A good size of swap in MB: twice the memory, but at most a quarter of a disk and 4 GB. */
  *findSwapSize(disks: readonly string[]): Steps<string> {
    const meminfo = (yield* this.s.text("/proc/meminfo")) ?? "";
    let size = Math.floor((Number(/MemTotal:\s*(\d+)/.exec(meminfo)?.[1] ?? 0) * 2) / 1024);
    for (const disk of disks)
      size = Math.min(size, Math.floor((yield* this.#number(`${this.sys(disk)}/size`)) / 8192));
    if (size > 4096) size = 4096;
    return String(size < 64 ? 0 : size);
  }

  /** The EFI system partition's size in MB: small, but one that FAT32 can have. */
  *findEfiSize(disks: readonly string[]): Steps<string> {
    let block = 0;
    let sectors = 0;
    for (const disk of disks) {
      const path = `${this.sys(disk)}/queue/logical_block_size`;
      block = Math.max(block, yield* this.#number(path));
      sectors = Math.max(sectors, yield* this.#number(`${this.sys(disk)}/size`));
    }
    block ||= 512;
    const megabytes = Math.floor((block * sectors) / 1024 / 1024);
    const least = Math.floor((block * 64) / 1000) + 2;
    const size = megabytes > 8192 ? 512 : megabytes > 2048 ? 264 : 160;
    return String(Math.max(size, least));
  }

  *showDisks(disks: readonly string[]): Steps<void> {
    for (const disk of disks) {
      const name = disk.replace(/^\/dev\//, "");
      const dir = this.sys(disk);
      const vendor = ((yield* this.s.text(`${dir}/device/vendor`)) ?? "").replace(/\n+$/, "");
      const model = ((yield* this.s.text(`${dir}/device/model`)) ?? "").replace(/\n+$/, "");
      const size = ((yield* this.#number(`${dir}/size`)) * 512) / 1e9;
      yield* this.s.echo(`  ${name}\t(${size.toFixed(1)} GB ${vendor} ${model})`);
    }
  }

  *confirmErase(disks: readonly string[]): Steps<boolean> {
    const { s } = this;
    if (s.env("ERASE_DISKS") === disks.join(" ")) return true;
    yield* s.echo("\nWARNING: The following disk(s) will be erased:");
    yield* this.showDisks(disks);
    yield* s.echo();
    return yield* s.askYesno("WARNING: Erase the above disk(s) and continue? (y/n)", "n");
  }

  // ---- packages ------------------------------------------------------------------------------------
  bootloaderPackages(): string[] {
    if (this.bootloader === "none" || this.bootloader === "") return [];
    if (this.bootloader === "grub") {
      if (this.arch === "ppc64le") return ["grub-ieee1275"];
      return [this.efi ? "grub-efi" : "grub-bios"];
    }
    if (this.bootloader === "limine")
      return ["cmd:limine", this.efi ? `limine-efi-${this.arch}` : "limine-bios"];
    return [this.bootloader === "zipl" ? "s390-tools" : this.bootloader];
  }

  defaultBootloader(): string {
    if (this.label === "gpt" || this.arch === "ppc64le") return "grub";
    if (this.arch.startsWith("x86")) return "syslinux";
    if (this.arch === "s390x") return "zipl";
    return /^(arm|aarch64|riscv64)/.test(this.arch) ? "u-boot" : "";
  }

  /** Does the boot loader go onto the disk itself? */
  get bootloaderNeedsDisk(): boolean {
    if (this.efi) return false;
    if (this.bootloader === "grub") return ["x86", "x86_64", "ppc64le"].includes(this.arch);
    return this.bootloader === "limine" && this.arch === "x86_64";
  }

  *supportsBootFs(type: string): Steps<boolean> {
    let supported = ["ext2", "ext3", "ext4", "btrfs", "xfs", "vfat"];
    if (this.bootloader === "grub") supported.push("zfs");
    if (this.bootloader === "limine" || (yield* this.isRaspberry())) supported = ["vfat"];
    if (supported.includes(type)) return true;
    yield* this.s.eecho(`${type} is not supported. Only supported are: ${supported.join(" ")}`);
    return false;
  }

  /** Installs the programs that are needed. */
  *installPrograms(more: readonly string[] = []): Steps<boolean> {
    const { s } = this;
    const tools: string[] = [];
    const known = words((yield* s.text("/proc/filesystems")) ?? "");
    for (const fs of [this.bootfs, this.rootfs, this.varfs]) {
      if (!known.includes(fs)) yield* s.run(["modprobe", fs]);
      if (fs === "xfs") tools.push("xfsprogs");
      else if (fs.startsWith("ext")) tools.push("e2fsprogs");
      else if (fs === "btrfs") tools.push("btrfs-progs");
      else if (fs === "vfat") tools.push("dosfstools");
    }
    const packages = ["sfdisk"];
    if (this.crypt) packages.push("cryptsetup", "blkid");
    if (this.lvm) packages.push("lvm2");
    if (this.raid) packages.push("mdadm");
    return (yield* s.run(["apk", "add", "--quiet", ...packages, ...tools, ...more])) === 0;
  }

  *stopRaid(): Steps<void> {
    const paths = yield* this.s.glob("/dev/md*");
    for (const device of paths)
      if (basename(device) !== "md") yield* this.s.run(["mdadm", "--stop", device]);
  }
}
