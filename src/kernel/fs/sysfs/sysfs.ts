// sysfs: devices, classes and kernel attributes as files (sysfs(5)).
import { EINVAL, ENODEV } from "../../../abi/errno.ts";
import { SYSFS_MAGIC } from "../../../abi/mount.ts";
import { type Disk, disks } from "../../drivers/genhd.ts";
import type { Kernel } from "../../kernel.ts";
import { consoles } from "../../tty/console.ts";
import type { FileSystemType } from "../filesystems.ts";
import {
  FixedDirectory,
  GeneratedFile,
  GeneratedLink,
  GeneratedSuperBlock,
  ListedDirectory,
  link,
  type Make,
} from "../generated.ts";
import type { Inode } from "../inode.ts";
import { type NetInterface, netInterfaces } from "../proc/sysctl.ts";

/** What st_size says of every attribute. */
const ATTRIBUTE_SIZE = 4096;

/** A read-only attribute. */
function attribute(value: string | number | ((kernel: Kernel) => string | number)): Make {
  const get = typeof value === "function" ? value : () => value;
  return (sb) =>
    new GeneratedFile(sb, { read: (task) => `${get(task.kernel)}\n` }, 0o444, 0, 0, ATTRIBUTE_SIZE);
}

/** An attribute with its text as it is (uevent: no newline added), which may be written. */
function writable(
  read: (kernel: Kernel) => string,
  write: (kernel: Kernel, text: string) => void,
): Make {
  return (sb) =>
    new GeneratedFile(
      sb,
      {
        read: (task) => read(task.kernel),
        write: (task, given) => write(task.kernel, given),
      },
      0o644,
      0,
      0,
      ATTRIBUTE_SIZE,
    );
}

const UEVENT_ACTIONS: readonly string[] = [
  "add",
  "remove",
  "change",
  "move",
  "online",
  "offline",
  "bind",
  "unbind",
];

/** uevent: asking for an event again is allowed, and nobody listens. */
function uevent(lines: string): Make {
  return writable(
    () => lines,
    (_kernel, text) => {
      if (!UEVENT_ACTIONS.includes(text.trim().split(" ", 1)[0] as string)) throw EINVAL;
    },
  );
}

/** A directory of sysfs. */
function dir(entries: Readonly<Record<string, Make>>): Make {
  return (sb) => new FixedDirectory(sb, entries, 0o755);
}

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

/** A directory of links by name. */
function links(list: (kernel: Kernel) => Iterable<[string, string]>): Make {
  return (sb) =>
    new ListedDirectory(
      sb,
      () => list(sb.kernel),
      (of, target: string) => new GeneratedLink(of, target),
      0o755,
    );
}

function disk(each: Disk): Make {
  const { name, major, minor } = each;
  return dir({
    alignment_offset: attribute(0),
    dev: attribute(`${major}:${minor}`),
    holders: dir({}),
    queue: dir({
      hw_sector_size: attribute(512),
      logical_block_size: attribute(512),
      max_sectors_kb: attribute(1280),
      minimum_io_size: attribute(512),
      optimal_io_size: attribute(0),
      physical_block_size: attribute(512),
      rotational: attribute(0),
    }),
    range: attribute(1),
    removable: attribute(0),
    ro: attribute(() => (each.readonly === true ? 1 : 0)),
    size: attribute(() => Math.floor(each.sizeBytes() / 512)),
    slaves: dir({}),
    stat: attribute("        0".repeat(17).slice(1)),
    subsystem: link("../../../../class/block"),
    uevent: uevent(`MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}\nDEVTYPE=disk\n`),
  });
}

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

function virtualDevices(): Make {
  return dir({
    block: (sb) =>
      new ListedDirectory(
        sb,
        () => disks(sb.kernel),
        (of, each: Disk) => disk(each)(of),
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
  const ofDisks = (prefix: string): Make =>
    links((kernel) =>
      mapped(disks(kernel), (name) => [name, `${prefix}/devices/virtual/block/${name}`]),
    );
  const bus = dir({ devices: dir({}), drivers: dir({}) });
  return {
    block: ofDisks(".."),
    bus: dir({ cpu: bus, pci: bus, platform: bus, usb: bus, virtio: bus, workqueue: bus }),
    class: dir({
      block: ofDisks("../.."),
      input: dir({}),
      mem: characterLinks("mem"),
      misc: dir({}),
      net: links((kernel) =>
        mapped(netInterfaces(kernel), (name) => [name, `../../devices/virtual/net/${name}`]),
      ),
      tty: characterLinks("tty"),
    }),
    dev: dir({
      block: links((kernel) =>
        mapped(disks(kernel), (name, each) => [
          `${each.major}:${each.minor}`,
          `../../devices/virtual/block/${name}`,
        ]),
      ),
      char: links(charNumbers),
    }),
    devices: dir({
      platform: dir({}),
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
