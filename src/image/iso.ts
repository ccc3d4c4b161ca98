// The boot medium: one ISO 9660 image in Alpine's layout: boot/, apks/ with the signed repository, .alpine-release.
import { isoImage } from "../lib/iso9660.ts";
import { packInitramfs } from "./initramfs.ts";
import { directory, file, type TreeNode } from "./tree.ts";

/** What goes on the medium. */
export interface BootMedium {
  /** "3.20.3". */
  readonly release: string;
  readonly arch: string;
  /** What an early boot starts from. */
  readonly initramfs: TreeNode;
  /** Folder with a repository: `ARCH/APKINDEX.tar.gz` and packages. */
  readonly repository: TreeNode;
  /** What the kernel is told. */
  readonly cmdline: string;
  /** Seconds since 1970, for all files. */
  readonly time: number;
}

const FLAVOR = "lts";

/** The image, piece by piece. */
export function bootMedium(medium: BootMedium): Generator<Uint8Array, void, undefined> {
  const { release, arch, time, cmdline } = medium;
  const marker = file(".boot_repository", time, "");
  const apks = (medium.repository.children ?? []).filter(({ name }) => name !== marker.name);
  const initramfs = packInitramfs(medium.initramfs);
  const syslinux =
    `TIMEOUT 10\nPROMPT 1\nDEFAULT ${FLAVOR}\n\nLABEL ${FLAVOR}\nMENU LABEL Bivy ${release}\n` +
    `KERNEL /boot/vmlinuz-${FLAVOR}\nINITRD /boot/initramfs-${FLAVOR}\nAPPEND ${cmdline}\n`;
  const grub =
    `set timeout=1\nmenuentry "Bivy ${release}" {\n\tlinux /boot/vmlinuz-${FLAVOR} ${cmdline}\n` +
    `\tinitrd /boot/initramfs-${FLAVOR}\n}\n`;
  // The kernel is the program that reads this image: there is nothing of it to be put here.
  const kernel =
    "Bivy's kernel is a program of the host: boot this image with `bivy boot --iso`.\n";
  const root = directory("", time, [
    file(".alpine-release", time, `bivy-${release} ${arch}\n`),
    directory("apks", time, [marker, ...apks]),
    directory("boot", time, [
      directory("grub", time, [file("grub.cfg", time, grub)]),
      file(`initramfs-${FLAVOR}`, time, initramfs),
      directory("syslinux", time, [file("syslinux.cfg", time, syslinux)]),
      file(`vmlinuz-${FLAVOR}`, time, kernel),
    ]),
  ]);
  return isoImage(root, { volumeId: `bivy-std ${release} ${arch}`, time });
}
