import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { hasProgram } from "../../../test/support/disks.ts";
import { runShell } from "../../../test/support/shell.ts";
import { MemoryDisk } from "../../kernel/block/device.ts";
import { iso9660 } from "../../kernel/fs/isofs/isofs.ts";
import { vfat } from "../../kernel/fs/vfat/vfat.ts";
import { isoImage } from "../../lib/iso9660.ts";

/** Each command, what it prints, and its status in brackets; random numbers and times are X. */
function session(commands: readonly string[], disks: MemoryDisk[] = []): string {
  const script = commands.map((command) => `${command}\necho "[$?]"`).join("\n");
  const { output } = runShell({
    script,
    types: [vfat, iso9660],
    disks: disks.map((device) => ({ device, kind: device.readonly ? "cdrom" : "disk" })),
  });
  return output
    .replace(/UUID="?[0-9a-fA-F-]{9,36}"?/g, "UUID=X")
    .replace(/volumeID:\w+/g, "volumeID:X");
}

test("loop devices", () => {
  expect(
    session([
      "truncate -s 2M a; truncate -s 1M b",
      "losetup -f a",
      "losetup -o 512 -r /dev/loop3 b",
      "losetup -a",
      "losetup /dev/loop0",
      "losetup /dev/loop7",
      "losetup /dev/loop0 b",
      "losetup -f",
      "losetup -f nonex",
      "blockdev --getsize64 /dev/loop3; blockdev --getro /dev/loop3",
      "truncate -s 3M a; losetup -c /dev/loop0; blockdev --getsz /dev/loop0",
      "losetup -d /dev/loop0; losetup -d /dev/loop3; losetup -a",
      "losetup -d /dev/loop0",
      "losetup -d a",
    ]),
  ).toBe(`[0]
[0]
[0]
/dev/loop0: 0 a
/dev/loop3: 512 b
[0]
/dev/loop0: 0 a
[0]
losetup: /dev/loop7: No such device or address
[1]
losetup: b
[1]
/dev/loop1
[0]
losetup: nonex: No such file or directory
[1]
1048064
1
[0]
6144
[0]
[0]
losetup: /dev/loop0: No such device or address
[1]
losetup: a: Not a tty
[1]
`);
});

test("from an empty disk to mounted file systems: fstab, labels, swap", () => {
  const iso = [
    ...isoImage({ name: "", mode: 0o40755, mtime: 0, children: [] }, { volumeId: "CD", time: 0 }),
  ];
  const disks = [
    new MemoryDisk(100 << 20),
    MemoryDisk.of(Buffer.concat(iso), { readonly: true, sectorSize: 2048 }),
  ];
  expect(
    session(
      [
        "printf 'label: gpt\\n,40M,U\\n,10M,S\\n,,L\\n' | sfdisk -q /dev/vda; ls /dev/vda*",
        "cat /proc/partitions",
        "mkfs.vfat -v -n EFI /dev/vda1",
        "mkswap -L swap /dev/vda2",
        "blkid",
        "findfs LABEL=EFI; findfs UUID=nonex",
        "mkdir /efi /cd; printf 'LABEL=EFI /efi vfat umask=077 0 2\\nLABEL=CD /cd iso9660 ro 0 0\\nLABEL=swap none swap pri=3 0 0\\n' >/etc/fstab",
        "mount -a; grep -E 'vda|sr0' /proc/mounts",
        "swapon -a; cat /proc/swaps; free | tail -1",
        "echo hello >/efi/file; df /efi /dev/vda1; mountpoint -n /efi; mountpoint -x /dev/vda1",
        "lsblk",
        "echo -n | sfdisk -q /dev/vda",
        "fstrim -v /efi",
        "umount /efi; mount -o ro UUID=$(blkid /dev/vda1 | sed 's/.*UUID=.\\(.........\\).*/\\1/') /efi; cat /efi/FILE; echo x >/efi/no",
        "fsck -N -A",
        "mount -o remount,rw /efi; echo x >/efi/yes; swapoff -a; umount -a -t vfat,iso9660; cat /proc/swaps",
        "eject /dev/sr0; blockdev --getsz /dev/sr0; mount /dev/sr0 /cd",
        "blkdiscard /dev/vda1; blkid",
      ],
      disks,
    ),
  ).toBe(`/dev/vda
/dev/vda1
/dev/vda2
/dev/vda3
[0]
major minor  #blocks  name

 254        0     102400 vda
 254        1      40960 vda1
 254        2      10240 vda2
 254        3      49152 vda3
  11        0         50 sr0
[0]
Device '/dev/vda1':
heads:255, sectors/track:63, bytes/sector:512
media descriptor:f8
total sectors:81920, clusters:80652, sectors/cluster:1
FATs:2, sectors/FAT:631
volumeID:X, label:'EFI        '
[0]
Setting up swapspace version 1, size = 10481664 bytes
UUID=X
[0]
/dev/sr0: LABEL="CD" TYPE="iso9660"
/dev/vda2: LABEL="swap" UUID=X TYPE="swap"
/dev/vda1: LABEL="EFI" UUID=X TYPE="vfat"
[0]
/dev/vda1
[1]
[0]
/dev/vda1 /efi vfat rw,relatime,fmask=0077,dmask=0077,codepage=437,iocharset=utf8,shortname=mixed,errors=remount-ro 0 0
/dev/sr0 /cd iso9660 ro,relatime,blocksize=2048 0 0
[0]
Filename				Type		Size		Used		Priority
/dev/vda2                               partition	10236		0		3
Swap:         10236           0       10236
[0]
Filesystem           1K-blocks      Used Available Use% Mounted on
/dev/vda1                40326         1     40325   0% /efi
/dev/vda1                40326         1     40325   0% /efi
/dev/vda1 /efi
254:1
[0]
NAME   MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS
sr0       11:0  1  50K  1 rom  /cd
vda      254:0  0 100M  0 disk
|-vda1   254:1  0  40M  0 part /efi
|-vda2   254:2  0  10M  0 part [SWAP]
\`-vda3   254:3  0  48M  0 part
[0]
This disk is currently in use - repartitioning is probably a bad idea.
Umount all file systems, and swapoff all swap partitions on this disk.
Use the --no-reread flag to suppress this check.

sfdisk: Use the --force flag to overrule all checks.
[1]
/efi: 41292800 bytes trimmed
[0]
hello
sh: can't create /efi/no: Read-only file system
[1]
fsck (busybox 1.36.1)
[fsck.vfat (1) -- /efi] fsck.vfat /dev/vda1
[0]
Filename				Type		Size		Used		Priority
[0]
blockdev: can't open '/dev/sr0': No medium found
mount: mounting /dev/sr0 on /cd failed: No medium found
[255]
/dev/vda2: LABEL="swap" UUID=X TYPE="swap"
[0]
`);
});

test("files are mounted through loop devices that go by themselves", () => {
  expect(
    session([
      "truncate -s 40M a; mkfs.vfat -n A a; mount -o loop a /mnt; losetup -a; echo x >/mnt/f",
      "mount | grep mnt; mount a /mnt; grep -c mnt /proc/mounts; losetup -a; umount /mnt; umount -d /mnt; losetup -a",
      "mount -o ro a /mnt; grep mnt /proc/mounts | cut -d, -f1; cat /mnt/f; umount /mnt",
      "truncate -s 1M b; mount b /mnt; losetup -a",
      "mount UUID=nonex /mnt; mount -o nofail LABEL=x /mnt",
    ]),
  ).toBe(`/dev/loop0: 0 a
[0]
/dev/loop0 on /mnt type vfat (rw,relatime,fmask=0022,dmask=0022,codepage=437,iocharset=utf8,shortname=mixed,errors=remount-ro)
2
/dev/loop0: 0 a
/dev/loop1: 0 a
[0]
/dev/loop0 /mnt vfat ro
x
[0]
mount: mounting /dev/loop0 on /mnt failed: Invalid argument
[0]
mount: mounting UUID=nonex on /mnt failed: No such file or directory
[0]
`);
});

test.skipIf(!hasProgram("fsck.vfat"))(
  "fsck.vfat finds nothing wrong with what mkfs.vfat makes",
  () => {
    const { file } = runShell({
      script: "truncate -s 40M /v; mkfs.vfat -n LABEL /v",
      wanted: "/v",
    });
    const dir = fs.mkdtempSync(`${tmpdir()}/mkfs-`);
    try {
      fs.writeFileSync(`${dir}/v`, file as Uint8Array);
      const { status, stdout } = spawnSync("fsck.vfat", ["-nv", `${dir}/v`], {
        encoding: "latin1",
      });
      expect([status, /\bLABEL\b|Differences/.exec(stdout)?.[0]]).toEqual([0, undefined]);
    } finally {
      fs.rmSync(dir, { recursive: true, force: true });
    }
  },
);
