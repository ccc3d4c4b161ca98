// Gives a machine its disks: names, numbers and drivers as a virtual machine with virtio disks has them.
import {
  BLOCK_EXT_MAJOR,
  CDROM_DRIVE_STATUS,
  CDROM_LOCKDOOR,
  CDROMCLOSETRAY,
  CDROMEJECT,
  CDS_DISC_OK,
  CDS_NO_DISC,
  LOOP_MAJOR,
  SCSI_CDROM_MAJOR,
  VIRTBLK_MAJOR,
} from "../../abi/block.ts";
import { EBUSY, EINVAL, ENOTTY } from "../../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { BlockDevice } from "./device.ts";
import { type BlockFile, driverIoctls, registerBlockDevices } from "./file.ts";
import { addDisk, announce, type Disk, disks } from "./genhd.ts";
import { registerLoopDevices } from "./loop.ts";

/** Minors of a virtio disk: itself and 15 partitions. */
const VIRTBLK_MINORS = 16;
/** Disks of one machine, at most. */
const MAX_DISKS = 26;

/** A disk that a machine is given. */
export interface DiskSpec {
  readonly device: BlockDevice;
  /** "disk" (default): the next of vda, vdb …; "cdrom": the next of sr0, sr1 …. */
  readonly kind?: "disk" | "cdrom";
}

/** Drivers, loop devices and disks of a machine; before /dev is made. */
export function registerBlock(kernel: Kernel, given: readonly DiskSpec[]): void {
  const majors = [VIRTBLK_MAJOR, LOOP_MAJOR, SCSI_CDROM_MAJOR, BLOCK_EXT_MAJOR];
  registerBlockDevices(kernel.devices, majors);
  driverIoctls(kernel).set(SCSI_CDROM_MAJOR, cdromIoctl);
  registerLoopDevices(kernel);
  for (const each of given) attachDisk(kernel, each);
}

/** One more disk; also while the machine runs. EINVAL when there are too many. */
export function attachDisk(kernel: Kernel, spec: DiskSpec): Disk {
  const all = disks(kernel);
  const cdrom = spec.kind === "cdrom";
  const prefix = cdrom ? "sr" : "vd";
  const nth = [...all.keys()].filter((name) => name.startsWith(prefix)).length;
  if (nth >= MAX_DISKS) throw EINVAL;
  // Disks come in the order of their virtio slots, drives behind.
  const slot = [...all.values()].filter((disk) => disk.attributes !== undefined).length;
  if (cdrom) {
    return addDisk(kernel, {
      name: `sr${nth}`,
      major: SCSI_CDROM_MAJOR,
      minor: nth,
      minors: 1,
      device: spec.device,
      removable: true,
      parent: `platform/scsi${slot}`,
      attributes: { vendor: "BIVY    ", model: "CD-ROM          ", type: "5" },
    });
  }
  return addDisk(kernel, {
    name: `vd${String.fromCharCode(0x61 + nth)}`,
    major: VIRTBLK_MAJOR,
    minor: nth * VIRTBLK_MINORS,
    minors: VIRTBLK_MINORS,
    device: spec.device,
    partitioned: true,
    parent: `platform/virtio${slot}`,
    attributes: { device: "0x0002", vendor: "0x1af4", status: "0x0000000f" },
  });
}

/** eject(1) and its like on a drive: the medium goes out once nobody else uses it. */
function cdromIoctl(task: Task, file: BlockFile, request: number): { result: number } | undefined {
  const { disk } = file;
  switch (request) {
    case CDROMEJECT: {
      if (disk.users > 1) throw EBUSY;
      disk.device?.close?.();
      disk.setMedium(undefined);
      announce(task.kernel, disk.whole, "change");
      return { result: 0 };
    }
    case CDROM_DRIVE_STATUS:
      return { result: disk.device === undefined ? CDS_NO_DISC : CDS_DISC_OK };
    case CDROMCLOSETRAY:
      if (disk.device === undefined) throw ENOTTY;
      return { result: 0 };
    case CDROM_LOCKDOOR:
      return { result: 0 };
    default:
      return undefined;
  }
}
