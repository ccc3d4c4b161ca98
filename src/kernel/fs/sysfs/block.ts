// /sys/devices/…/block: disks and their partitions as directories (sysfs-block ABI of Linux).

import { LO_FLAGS_AUTOCLEAR, LO_FLAGS_PARTSCAN } from "../../../abi/block.ts";
import { EINVAL, ENODEV } from "../../../abi/errno.ts";
import { major, minor } from "../../../abi/stat.ts";
import { announce, type Bdev, bdevs, type Disk, disks } from "../../block/genhd.ts";
import { loopBacking } from "../../block/loop.ts";
import type { Kernel } from "../../kernel.ts";
import { FixedDirectory, GeneratedDirectory, link, type Make } from "../generated.ts";
import type { Inode } from "../inode.ts";
import { blockStatistics } from "../proc/machine.ts";
import { attribute, dir, links, uevent } from "./attributes.ts";

function statText(bdev: Bdev): string {
  return blockStatistics(bdev.stats)
    .map((each) => String(each).padStart(8))
    .join(" ");
}

/** Where a disk's directory is, below /sys. */
export function sysPath(disk: Disk): string {
  return `devices/${disk.parent}/block/${disk.name}`;
}

function up(path: string): string {
  return "../".repeat(path.split("/").length);
}

/** What a uevent says of a device. */
export function ueventLines(bdev: Bdev): string {
  const { rdev, name, disk, partno, entry } = bdev;
  let out = `MAJOR=${major(rdev)}\nMINOR=${minor(rdev)}\nDEVNAME=${name}\n`;
  out += `DEVTYPE=${partno === 0 ? "disk" : "partition"}\nDISKSEQ=${diskSeq(disk)}\n`;
  if (partno !== 0) {
    out += `PARTN=${partno}\n`;
    if (entry?.uuid !== undefined) out += `PARTUUID=${entry.uuid}\n`;
    if (entry?.label !== undefined) out += `PARTNAME=${entry.label}\n`;
  }
  return out;
}

function diskSeq(disk: Disk): number {
  return [...disks(disk.kernel).keys()].indexOf(disk.name) + 1;
}

function asked(bdev: Bdev, action: string): void {
  const { kernel } = bdev.disk;
  if (action === "add" || action === "remove" || action === "change") {
    announce(kernel, bdev, "change");
  }
}

function partition(bdev: Bdev): Make {
  const path = `${sysPath(bdev.disk)}/${bdev.name}`;
  return dir({
    alignment_offset: attribute(0),
    dev: attribute(`${major(bdev.rdev)}:${minor(bdev.rdev)}`),
    discard_alignment: attribute(0),
    holders: dir({}),
    inflight: attribute("       0        0"),
    partition: attribute(bdev.partno),
    power: dir({}),
    ro: attribute(() => (bdev.readonly ? 1 : 0)),
    size: attribute(() => Math.floor(bdev.size / 512)),
    start: attribute(Math.floor(bdev.start / 512)),
    stat: attribute(() => statText(bdev)),
    subsystem: link(`${up(path)}class/block`),
    uevent: uevent(
      () => ueventLines(bdev),
      (action) => asked(bdev, action),
    ),
  });
}

/** A disk's directory: fixed attributes, and partitions that come and go. */
class DiskDirectory extends GeneratedDirectory {
  readonly #disk: Disk;
  readonly #fixed: FixedDirectory;
  readonly #made = new Map<Bdev, Inode>();
  #loop: Inode | undefined;

  constructor(sb: ConstructorParameters<typeof GeneratedDirectory>[0], disk: Disk) {
    super(sb, 0o755);
    this.#disk = disk;
    this.#fixed = new FixedDirectory(sb, () => attributes(disk), 0o755);
  }

  override *names(): Iterable<string> {
    yield* this.#fixed.names();
    for (const { name } of this.#disk.partitions.values()) yield name;
    if (loopBacking(this.sb.kernel, this.#disk) !== undefined) yield "loop";
  }

  override lookup(name: string): Inode | undefined {
    const fixed = this.#fixed.lookup(name);
    if (fixed !== undefined) return fixed;
    const disk = this.#disk;
    if (name === "loop" && loopBacking(this.sb.kernel, disk) !== undefined) {
      this.#loop ??= loopDirectory(disk)(this.sb);
      return this.#loop;
    }
    for (const bdev of disk.partitions.values()) {
      if (bdev.name !== name) continue;
      let inode = this.#made.get(bdev);
      if (inode === undefined) {
        // Those of partitions that are gone are forgotten.
        for (const old of this.#made.keys()) {
          if (disk.partitions.get(old.partno) !== old) this.#made.delete(old);
        }
        inode = partition(bdev)(this.sb);
        this.#made.set(bdev, inode);
      }
      return inode;
    }
    return undefined;
  }
}

function loopDirectory(disk: Disk): Make {
  const of = (kernel: Kernel): NonNullable<ReturnType<typeof loopBacking>> => {
    const backing = loopBacking(kernel, disk);
    if (backing === undefined) throw ENODEV;
    return backing;
  };
  const flag = (mask: number): Make =>
    attribute((kernel) => ((of(kernel).info.flags & mask) !== 0 ? 1 : 0));
  return dir({
    autoclear: flag(LO_FLAGS_AUTOCLEAR),
    backing_file: attribute((kernel) => of(kernel).file),
    dio: attribute(0),
    offset: attribute((kernel) => of(kernel).info.offset),
    partscan: flag(LO_FLAGS_PARTSCAN),
    sizelimit: attribute((kernel) => of(kernel).info.sizelimit),
  });
}

function attributes(disk: Disk): Record<string, Make> {
  const { whole } = disk;
  const path = sysPath(disk);
  const sector = (): number => whole.sectorSize;
  const discards = (): number => (whole.canDiscard ? 2147450880 : 0);
  return {
    alignment_offset: attribute(0),
    capability: attribute(0),
    dev: attribute(`${disk.major}:${disk.minor}`),
    ...(disk.attributes === undefined ? {} : { device: link("../..") }),
    discard_alignment: attribute(0),
    diskseq: attribute(diskSeq(disk)),
    events: attribute(disk.removable ? "media_change" : ""),
    ext_range: attribute(disk.minors === 1 && disk.removable ? 1 : 256),
    hidden: attribute(0),
    holders: dir({}),
    inflight: attribute("       0        0"),
    power: dir({}),
    queue: dir({
      add_random: attribute(0),
      dax: attribute(0),
      discard_granularity: attribute(() => (whole.canDiscard ? 4096 : 0)),
      discard_max_bytes: attribute(discards),
      discard_max_hw_bytes: attribute(discards),
      discard_zeroes_data: attribute(0),
      hw_sector_size: attribute(sector),
      logical_block_size: attribute(sector),
      max_hw_sectors_kb: attribute(2147483647),
      max_sectors_kb: attribute(1280),
      minimum_io_size: attribute(sector),
      nr_requests: attribute(256),
      optimal_io_size: attribute(0),
      physical_block_size: attribute(sector),
      read_ahead_kb: attribute(() => disk.readAhead >>> 1),
      rotational: attribute(0),
      rq_affinity: attribute(1),
      scheduler: attribute("[none]"),
      write_cache: attribute("write back"),
      zoned: attribute("none"),
    }),
    range: attribute(disk.minors),
    removable: attribute(disk.removable ? 1 : 0),
    ro: attribute(() => (whole.readonly ? 1 : 0)),
    ...(disk.name.startsWith("vd") ? { serial: attribute("") } : {}),
    size: attribute(() => Math.floor(whole.size / 512)),
    slaves: dir({}),
    stat: attribute(() => statText(whole)),
    subsystem: link(`${up(path)}class/block`),
    uevent: uevent(
      () => ueventLines(whole),
      (action) => asked(whole, action),
    ),
  };
}

/** The directory of one disk. */
export function diskDirectory(disk: Disk): Make {
  return (sb) => new DiskDirectory(sb, disk);
}

/** /sys/block, with `prefix` from there to /sys. */
export function blockLinks(prefix: string): Make {
  return links(function* (kernel) {
    for (const disk of disks(kernel).values()) yield [disk.name, `${prefix}/${sysPath(disk)}`];
  });
}

function bdevPath(bdev: Bdev): string {
  const path = sysPath(bdev.disk);
  return bdev.partno === 0 ? path : `${path}/${bdev.name}`;
}

/** /sys/class/block: partitions too. */
export function classBlock(): Make {
  return links(function* (kernel) {
    for (const bdev of bdevs(kernel)) yield [bdev.name, `../../${bdevPath(bdev)}`];
  });
}

/** /sys/dev/block. */
export function blockNumbers(): Make {
  return links(function* (kernel) {
    for (const bdev of bdevs(kernel)) {
      yield [`${major(bdev.rdev)}:${minor(bdev.rdev)}`, `../../${bdevPath(bdev)}`];
    }
  });
}

/** The directory that `disk.attributes` describe ("device" of the disk), with its "block". */
function deviceDirectory(disk: Disk): Make {
  const given: Record<string, Make> = {};
  for (const [name, value] of Object.entries(disk.attributes ?? {})) given[name] = attribute(value);
  return dir({
    ...given,
    block: dir({ [disk.name]: diskDirectory(disk) }),
    power: dir({}),
    uevent: uevent(
      () => (disk.name.startsWith("vd") ? "DRIVER=virtio_blk\n" : "DRIVER=sr\n"),
      () => {},
    ),
  });
}

/** Disks that stand below devices/`top`, as directories there: "virtio0", "virtio1". */
export function devicesBelow(top: string): (kernel: Kernel) => Iterable<[string, Disk]> {
  return function* (kernel) {
    for (const disk of disks(kernel).values()) {
      if (disk.parent.startsWith(`${top}/`)) yield [disk.parent.slice(top.length + 1), disk];
    }
  };
}

/** Makes the directory of such a device. */
export function deviceOf(disk: Disk): Make {
  if (disk.parent.split("/").length !== 2) throw EINVAL;
  return deviceDirectory(disk);
}
