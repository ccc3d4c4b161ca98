// Boot loaders for setup-disk: their configuration and how they get onto the disk.
import type { Steps } from "../abi/program.ts";
import { S_ISCHR } from "../libc/stat.ts";
import { tryStat } from "../libc/unistd.ts";
import { findPartitions } from "./disk-partitions.ts";
import type { DiskSetup } from "./disk-state.ts";

/** What a boot loader is set up for. */
export interface BootTarget {
  /** The new root. */
  mnt: string;
  /** As the kernel is told. */
  root: string;
  modules: string;
  options: string;
  bootDevice: string;
  disks: readonly string[];
  /** Features of the initramfs. */
  features: string;
}

const SERIAL = /^(ttyS|ttyAMA|ttyUSB|hvc|xvc)\d/;

/** The serial console that kernel options name, else the terminal we are on. */
export function* serialConsole(
  d: DiskSetup,
  options: string,
): Steps<{ console: string; baud: string } | undefined> {
  for (const option of options.split(" ")) {
    if (!option.startsWith("console=")) continue;
    const console = option.slice("console=".length);
    if (!SERIAL.test(console)) continue;
    const baud = console.split(",")[1] ?? "";
    return { console, baud: /^\d+$/.test(baud) ? baud : "115200" };
  }
  const tty = yield* d.s.output(["tty"], { stderr: "null" });
  if (!tty.startsWith("/dev/") || !SERIAL.test(tty.slice(5))) return undefined;
  const st = tryStat(d.s.sys, tty);
  let baud = "115200";
  if (st !== undefined && S_ISCHR(st.mode)) {
    const said = yield* d.s.output(["stty", "-F", tty, "speed"], { stderr: "null" });
    if (/^\d+$/.test(said)) baud = said;
  }
  return { console: `${tty.slice(5)},${baud}`, baud };
}

/** Where the EFI system partition is mounted. */
function* efiDirectory(d: DiskSetup, mnt: string): Steps<string | undefined> {
  for (const dir of ["efi", "boot/efi", "boot"])
    if (["vfat", "fat", "msdos"].includes(yield* d.mountType(`${mnt}/${dir}`)))
      return `${mnt}/${dir}`;
  return undefined;
}

const GRUB_EFI: Readonly<Record<string, [target: string, short: string]>> = {
  x86_64: ["x86_64-efi", "x64"],
  x86: ["i386-efi", "ia32"],
  aarch64: ["arm64-efi", "aa64"],
  riscv64: ["riscv64-efi", "riscv64"],
  loongarch64: ["loongarch64-efi", "loongarch64"],
};

export function* setupGrub(d: DiskSetup, t: BootTarget): Steps<void> {
  const { s } = d;
  const boot = `${t.mnt}/boot`;
  if (d.efi) {
    const dir = yield* efiDirectory(d, t.mnt);
    const [target, short] = d.arch.startsWith("arm")
      ? ["arm-efi", "arm"]
      : (GRUB_EFI[d.arch] ?? ["", ""]);
    yield* s.mocked([
      "grub-install",
      `--target=${target}`,
      `--efi-directory=${dir ?? ""}`,
      "--bootloader-id=alpine",
      `--boot-directory=${boot}`,
      "--no-nvram",
    ]);
    const efi = `${dir ?? ""}/EFI`;
    yield* s.mocked([
      "install",
      "-D",
      `${efi}/alpine/grub${short}.efi`,
      `${efi}/boot/boot${short}.efi`,
    ]);
  } else if (d.arch === "ppc64le") {
    for (const disk of t.disks) {
      const prep = yield* findPartitions(d, disk, "prep");
      yield* s.echo(`Installing grub on ${prep.join(" ")}`);
      yield* s.run(["grub-install", `--boot-directory=${boot}`, ...prep]);
    }
  } else if (d.arch === "x86" || d.arch === "x86_64") {
    for (const disk of t.disks) {
      yield* s.echo(`Installing grub on ${disk}`);
      yield* s.run(["grub-install", `--boot-directory=${boot}`, "--target=i386-pc", disk]);
    }
  } else s.die(`Cannot install GRUB in BIOS mode for ${d.arch}`);
  let text = `GRUB_TIMEOUT=${d.bootTimeout}
GRUB_DISABLE_SUBMENU=y
GRUB_DISABLE_RECOVERY=true
GRUB_CMDLINE_LINUX_DEFAULT="modules=${t.modules} ${t.options}"
`;
  // The hypervisor is second in the menu.
  if ((yield* s.output(["openrc", "--sys"])) === "XEN0") text += "GRUB_DEFAULT=1\n";
  if (t.features.includes("zfs")) text += "GRUB_FS=zfs\n";
  const serial = yield* serialConsole(d, t.options);
  if (serial !== undefined) {
    const unit = (serial.console.split(",")[0] as string).replace(/^ttyS/, "");
    text += `GRUB_SERIAL_COMMAND="serial --speed=${serial.baud} --unit=${unit} --word=8 --parity=no --stop=1"
GRUB_TERMINAL_INPUT="console serial"
GRUB_TERMINAL_OUTPUT="console serial"
`;
  }
  s.mkdirs(`${t.mnt}/etc/default`);
  yield* s.write(`${t.mnt}/etc/default/grub`, text);
}

export function* setupSyslinux(d: DiskSetup, t: BootTarget): Steps<void> {
  const { s } = d;
  const serial = yield* serialConsole(d, t.options);
  const port = (serial?.console.split(",")[0] ?? "").replace(/^.*\D/, "");
  const values: Readonly<Record<string, string>> = {
    root: t.root,
    default_kernel_opts: `"${t.options}"`,
    modules: t.modules,
    timeout: d.bootTimeout,
    serial_port: port,
    serial_baud: serial?.baud ?? "115200",
  };
  const lines = (yield* s.lines(`${s.root}etc/update-extlinux.conf`)).map((line) => {
    const key = /^(\w+)=/.exec(line)?.[1];
    return key !== undefined && Object.hasOwn(values, key) ? `${key}=${values[key]}` : line;
  });
  s.mkdirs(`${t.mnt}/etc`);
  yield* s.write(`${t.mnt}/etc/update-extlinux.conf`, lines.map((line) => `${line}\n`).join(""));
  const raid = s.exists(`${d.sys(t.bootDevice)}/md`) ? ["--raid"] : [];
  yield* s.run(["extlinux", ...raid, "--install", `${t.mnt}/boot`]);
}

function* setupUboot(d: DiskSetup, t: BootTarget): Steps<void> {
  const { s, flavor } = d;
  s.mkdirs(`${t.mnt}/boot/extlinux`);
  yield* s.write(
    `${t.mnt}/boot/extlinux/extlinux.conf`,
    `menu title Alpine Linux
timeout ${Number(d.bootTimeout) * 10}
default ${flavor}

label ${flavor}
	menu label Linux ${flavor}
	kernel /vmlinuz-${flavor}
	initrd /initramfs-${flavor}
	fdtdir /dtbs-${flavor}
	append root=${t.root} modules=${t.modules} ${t.options}
`,
  );
  yield* s.mocked(["update-u-boot"]);
}

const LIMINE_EFI: Readonly<Record<string, string>> = {
  x86_64: "BOOTX64.EFI",
  aarch64: "BOOTAA64.EFI",
  riscv64: "BOOTRISCV64.EFI",
  loongarch64: "BOOTLOONGARCH64.EFI",
};

/** Dies where limine does not work. */
export function checkLimine(d: DiskSetup): void {
  if (d.efi && !Object.hasOwn(LIMINE_EFI, d.arch))
    d.s.die(`Limine EFI bootloader is not supported on ${d.arch}`);
  if (!d.efi && d.arch !== "x86_64") d.s.die("Limine BIOS bootloader is only supported on x86_64");
}

export function* setupLimine(d: DiskSetup, t: BootTarget): Steps<void> {
  const { s, flavor } = d;
  checkLimine(d);
  if (d.efi) {
    const dir = yield* efiDirectory(d, t.mnt);
    if (dir === undefined) s.die("Limine EFI requires a vfat boot filesystem mounted at /boot");
    if (dir !== `${t.mnt}/boot`)
      s.die("Limine EFI requires the vfat boot filesystem mounted at /boot");
    const file = LIMINE_EFI[d.arch] as string;
    for (const place of ["BOOT", "alpine"])
      yield* s.mocked([
        "install",
        "-D",
        `/usr/share/limine/${file}`,
        `${dir}/EFI/${place}/${file}`,
      ]);
  } else {
    for (const disk of t.disks) yield* s.mocked(["limine", "bios-install", disk]);
    const file = `${t.mnt}/boot/limine/limine-bios.sys`;
    yield* s.echo(`Installing limine-bios.sys to ${file}`);
    yield* s.mocked(["install", "-D", "/usr/share/limine/limine-bios.sys", file]);
  }
  const serial = yield* serialConsole(d, t.options);
  const port = serial === undefined ? "" : `serial: yes\nserial_baudrate: ${serial.baud}\n`;
  s.mkdirs(`${t.mnt}/boot/limine`);
  yield* s.write(
    `${t.mnt}/boot/limine/limine.conf`,
    `timeout: ${d.bootTimeout}
${port}
/Alpine Linux (${flavor})
    protocol: linux
    kernel_path: boot():/vmlinuz-${flavor}
    module_path: boot():/initramfs-${flavor}
    kernel_cmdline: root=${t.root} ro modules=${t.modules} ${t.options}
`,
  );
}

/** Writes the configuration of the chosen boot loader, and installs it where that is needed. */
export function* setupBootloader(d: DiskSetup, t: BootTarget): Steps<void> {
  if (d.bootloader === "none") return;
  if (d.bootloader === "grub") yield* setupGrub(d, t);
  else if (d.bootloader === "syslinux") yield* setupSyslinux(d, t);
  else if (d.bootloader === "u-boot") yield* setupUboot(d, t);
  else if (d.bootloader === "limine") yield* setupLimine(d, t);
  else if (d.bootloader === "raspberrypi-bootloader") {
    d.s.mkdirs(`${t.mnt}/boot`);
    const line = `root=${t.root} modules=${t.modules} ${t.options}\n`;
    yield* d.s.write(`${t.mnt}/boot/cmdline.txt`, line);
  } else d.s.die(`Bootloader "${d.bootloader}" not supported!`);
}
