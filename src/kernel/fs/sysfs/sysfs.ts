// sysfs: devices, classes and kernel attributes as files (sysfs(5)).
import { EINVAL, ENODEV } from "../../../abi/errno.ts";
import { SYSFS_MAGIC } from "../../../abi/mount.ts";
import { type Disk, disks } from "../../block/genhd.ts";
import type { Kernel } from "../../kernel.ts";
import { consoles } from "../../tty/console.ts";
import type { FileSystemType } from "../filesystems.ts";
import {
  FixedDirectory,
  GeneratedSuperBlock,
  ListedDirectory,
  link,
  type Make,
} from "../generated.ts";
import type { Inode } from "../inode.ts";
import { type NetInterface, netInterfaces } from "../proc/sysctl.ts";
import { attribute, dir, links, uevent, writable } from "./attributes.ts";
import {
  blockLinks,
  blockNumbers,
  classBlock,
  deviceOf,
  devicesBelow,
  diskDirectory,
} from "./block.ts";

// ---- character devices ----------------------------------------------------------------------------

interface CharacterDevice {
  readonly name: string;
  readonly subsystem: "mem" | "tty";
  readonly major: number;
  readonly minor: number;
  readonly mode?: string;
}

const CHARACTER_DEVICES: readonly CharacterDevice[] = [
  { name: "null", subsystem: "mem", major: 1, minor: 3, mode: "0666" },
  { name: "zero", subsystem: "mem", major: 1, minor: 5, mode: "0666" },
  { name: "full", subsystem: "mem", major: 1, minor: 7, mode: "0666" },
  { name: "random", subsystem: "mem", major: 1, minor: 8, mode: "0666" },
  { name: "urandom", subsystem: "mem", major: 1, minor: 9, mode: "0666" },
  { name: "kmsg", subsystem: "mem", major: 1, minor: 11, mode: "0644" },
  { name: "ttyS0", subsystem: "tty", major: 4, minor: 64 },
  { name: "tty", subsystem: "tty", major: 5, minor: 0, mode: "0666" },
  { name: "console", subsystem: "tty", major: 5, minor: 1 },
  { name: "ptmx", subsystem: "tty", major: 5, minor: 2, mode: "0666" },
];

function activeConsole(kernel: Kernel): string {
  return consoles(kernel).main?.name ?? "";
}

function characterDevice(device: CharacterDevice): Make {
  const { name, major, minor, mode, subsystem } = device;
  const entries: Record<string, Make> = {
    dev: attribute(`${major}:${minor}`),
    power: dir({}),
    subsystem: link(`../../../../class/${subsystem}`),
    uevent: uevent(
      `MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}\n${mode === undefined ? "" : `DEVMODE=${mode}\n`}`,
    ),
  };
  if (name === "console") entries["active"] = attribute(activeConsole);
  return dir(entries);
}

function characterDevices(subsystem: "mem" | "tty"): Make {
  const entries: Record<string, Make> = {};
  for (const device of CHARACTER_DEVICES) {
    if (device.subsystem === subsystem) entries[device.name] = characterDevice(device);
  }
  return dir(entries);
}

function characterLinks(subsystem: "mem" | "tty"): Make {
  const entries: Record<string, Make> = {};
  for (const { name, subsystem: of } of CHARACTER_DEVICES) {
    if (of === subsystem) entries[name] = link(`../../devices/virtual/${of}/${name}`);
  }
  return dir(entries);
}

// ---- what comes and goes --------------------------------------------------------------------------

const STATISTICS: readonly string[] = [
  "collisions",
  "multicast",
  "rx_bytes",
  "rx_compressed",
  "rx_crc_errors",
  "rx_dropped",
  "rx_errors",
  "rx_fifo_errors",
  "rx_frame_errors",
  "rx_length_errors",
  "rx_missed_errors",
  "rx_nohandler",
  "rx_over_errors",
  "rx_packets",
  "tx_aborted_errors",
  "tx_bytes",
  "tx_carrier_errors",
  "tx_compressed",
  "tx_dropped",
  "tx_errors",
  "tx_fifo_errors",
  "tx_heartbeat_errors",
  "tx_packets",
  "tx_window_errors",
];

function netInterface(each: NetInterface): Make {
  const statistics: Record<string, Make> = {};
  for (const name of STATISTICS) statistics[name] = attribute(() => each.statistics()[name] ?? 0);
  const loopback = each.type === 772;
  return dir({
    addr_assign_type: attribute(0),
    addr_len: attribute(6),
    address: attribute(each.address),
    broadcast: attribute(each.broadcast),
    // Real ones fail with EINVAL while the interface is down.
    carrier: attribute(() => {
      if (!each.up()) throw EINVAL;
      return 1;
    }),
    dev_id: attribute("0x0"),
    dormant: attribute(0),
    flags: attribute(() => `0x${each.flags().toString(16)}`),
    ifalias: attribute(""),
    ifindex: attribute(each.index),
    iflink: attribute(each.index),
    link_mode: attribute(0),
    mtu: attribute(() => each.mtu()),
    operstate: attribute(() => (!each.up() ? "down" : loopback ? "unknown" : "up")),
    power: dir({}),
    statistics: dir(statistics),
    subsystem: link("../../../../class/net"),
    tx_queue_len: attribute(1000),
    type: attribute(each.type),
    uevent: uevent(`INTERFACE=${each.name}\nIFINDEX=${each.index}\n`),
  });
}

function* charNumbers(): Iterable<[string, string]> {
  for (const { name, subsystem, major, minor } of CHARACTER_DEVICES) {
    yield [`${major}:${minor}`, `../../devices/virtual/${subsystem}/${name}`];
  }
}

function* virtualDisks(kernel: Kernel): Iterable<[string, Disk]> {
  for (const [name, disk] of disks(kernel)) if (disk.parent === "virtual") yield [name, disk];
}

function virtualDevices(): Make {
  return dir({
    block: (sb) =>
      new ListedDirectory(
        sb,
        () => virtualDisks(sb.kernel),
        (of, each: Disk) => diskDirectory(each)(of),
        0o755,
      ),
    mem: characterDevices("mem"),
    net: (sb) =>
      new ListedDirectory(
        sb,
        () => netInterfaces(sb.kernel),
        (of, each: NetInterface) => netInterface(each)(of),
        0o755,
      ),
    tty: characterDevices("tty"),
  });
}

function* mapped<T>(
  all: Iterable<[string, T]>,
  target: (name: string, value: T) => [string, string],
): Iterable<[string, string]> {
  for (const [name, value] of all) yield target(name, value);
}

function cpus(): Make {
  return dir({
    cpu0: dir({ power: dir({}), uevent: uevent("DRIVER=processor\n") }),
    isolated: attribute(""),
    kernel_max: attribute(0),
    offline: attribute(""),
    online: attribute("0"),
    possible: attribute("0"),
    present: attribute("0"),
    power: dir({}),
  });
}

function tree(): Record<string, Make> {
  const bus = dir({ devices: dir({}), drivers: dir({}) });
  return {
    block: blockLinks(".."),
    bus: dir({ cpu: bus, pci: bus, platform: bus, usb: bus, virtio: bus, workqueue: bus }),
    class: dir({
      block: classBlock(),
      input: dir({}),
      mem: characterLinks("mem"),
      misc: dir({}),
      net: links((kernel) =>
        mapped(netInterfaces(kernel), (name) => [name, `../../devices/virtual/net/${name}`]),
      ),
      tty: characterLinks("tty"),
    }),
    dev: dir({
      block: blockNumbers(),
      char: links(charNumbers),
    }),
    devices: dir({
      platform: (sb) =>
        new ListedDirectory(
          sb,
          () => devicesBelow("platform")(sb.kernel),
          (of, each: Disk) => deviceOf(each)(of),
          0o755,
        ),
      system: dir({ cpu: cpus(), memory: dir({}) }),
      virtual: virtualDevices(),
    }),
    firmware: dir({}),
    fs: dir({}),
    kernel: dir({
      fscaps: attribute(1),
      mm: dir({
        transparent_hugepage: dir({ enabled: attribute("always madvise [never]") }),
      }),
      profiling: attribute(0),
      uevent_helper: writable(
        (kernel) => `${kernel.slots.get("uevent_helper") ?? ""}\n`,
        (kernel, text) => {
          kernel.slots.set("uevent_helper", text.replace(/\n$/, ""));
        },
      ),
      uevent_seqnum: attribute(0),
    }),
    module: dir({}),
    power: dir({
      state: writable(
        () => "\n",
        () => {
          throw ENODEV;
        },
      ),
    }),
  };
}

class Sysfs extends GeneratedSuperBlock {
  override readonly root: Inode;

  constructor(kernel: Kernel) {
    super(kernel, "sysfs", SYSFS_MAGIC, 4096);
    this.root = new FixedDirectory(this, tree);
  }
}

/** mount -t sysfs. */
export const sysfs: FileSystemType = {
  name: "sysfs",
  requiresDevice: false,
  mount: (kernel) => new Sysfs(kernel),
};
