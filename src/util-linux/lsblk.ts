// lsblk: block devices as a tree (lsblk(8) of util-linux, its usual columns)
import { Errno } from "../abi/errno.ts";
import type { Program, Steps } from "../abi/program.ts";
import { identifyPath } from "../libc/blkid.ts";
import { getopt } from "../libc/getopt.ts";
import { mountEntries } from "../libc/mntent.ts";
import { die, Process, runMain } from "../libc/process.ts";
import { readDir, readText } from "../libc/unistd.ts";

const HELP = `
Usage:
 lsblk [options] [<device> ...]

List block devices.

Options:
 -a, --all            also those that are empty
 -b, --bytes          sizes in bytes
 -d, --nodeps         without partitions
 -f, --fs             what is on them
 -l, --list           no tree
 -n, --noheadings     no heads
 -o, --output <list>  these columns
 -p, --paths          whole paths
 -r, --raw            no padding
 -h, --help           this text
 -V, --version        the version
`;

interface Device {
  name: string;
  dir: string;
  parent: Device | undefined;
  children: Device[];
}

type Column = (device: Device) => Steps<string>;

class Lister {
  readonly #p: Process;
  readonly #bytes: boolean;
  readonly #paths: boolean;

  constructor(p: Process, bytes: boolean, paths: boolean) {
    this.#p = p;
    this.#bytes = bytes;
    this.#paths = paths;
  }

  *attribute(device: Device, name: string): Steps<string> {
    return ((yield* readText(this.#p.sys, `${device.dir}/${name}`, 4096)) ?? "").trim();
  }

  *devices(): Steps<Device[]> {
    const top: Device[] = [];
    const entries = yield* this.#names("/sys/block");
    for (const name of entries.sort()) {
      const device: Device = { name, dir: `/sys/block/${name}`, parent: undefined, children: [] };
      const below = yield* this.#names(device.dir);
      for (const child of below.filter((each) => each.startsWith(name)).sort(byNumber)) {
        device.children.push({
          name: child,
          dir: `${device.dir}/${child}`,
          parent: device,
          children: [],
        });
      }
      top.push(device);
    }
    return top;
  }

  *#names(dir: string): Steps<string[]> {
    try {
      const entries = yield* readDir(this.#p.sys, dir);
      return entries.map(({ name }) => name).filter((name) => name !== "." && name !== "..");
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return [];
    }
  }

  *#mountpoint(device: Device): Steps<string> {
    const mounts = yield* mountEntries(this.#p.sys);
    const path = `/dev/${device.name}`;
    const swaps = (yield* readText(this.#p.sys, "/proc/swaps", 65536)) ?? "";
    if (swaps.split("\n").some((line) => line.split(/\s/)[0] === path)) return "[SWAP]";
    return mounts.findLast(({ source }) => source === path)?.dir ?? "";
  }

  column(name: string): Column | undefined {
    const lister = this;
    const columns: Readonly<Record<string, Column>> = {
      *NAME(device) {
        return lister.#paths ? `/dev/${device.name}` : device.name;
      },
      *KNAME(device) {
        return device.name;
      },
      *PATH(device) {
        return `/dev/${device.name}`;
      },
      *"MAJ:MIN"(device) {
        return yield* lister.attribute(device, "dev");
      },
      *RM(device) {
        return (yield* lister.attribute(device.parent ?? device, "removable")) || "0";
      },
      *RO(device) {
        return yield* lister.attribute(device, "ro");
      },
      *SIZE(device) {
        const bytes = Number(yield* lister.attribute(device, "size")) * 512;
        return lister.#bytes ? String(bytes) : human(bytes);
      },
      *TYPE(device) {
        if (device.parent !== undefined) return "part";
        if (device.name.startsWith("loop")) return "loop";
        return device.name.startsWith("sr") ? "rom" : "disk";
      },
      *MOUNTPOINT(device) {
        return yield* lister.#mountpoint(device);
      },
      *MOUNTPOINTS(device) {
        return yield* lister.#mountpoint(device);
      },
      *FSTYPE(device) {
        return (yield* identifyPath(lister.#p.sys, `/dev/${device.name}`))?.type ?? "";
      },
      *LABEL(device) {
        return (yield* identifyPath(lister.#p.sys, `/dev/${device.name}`))?.label ?? "";
      },
      *UUID(device) {
        return (yield* identifyPath(lister.#p.sys, `/dev/${device.name}`))?.uuid ?? "";
      },
      *MODEL(device) {
        return yield* lister.attribute(device, "device/model");
      },
      *PKNAME(device) {
        return device.parent?.name ?? "";
      },
    };
    return Object.hasOwn(columns, name) ? columns[name] : undefined;
  }
}

function byNumber(a: string, b: string): number {
  return Number(/\d+$/.exec(a)?.[0] ?? 0) - Number(/\d+$/.exec(b)?.[0] ?? 0);
}

function human(bytes: number): string {
  let power = 0;
  while (power < 5 && bytes >= 1024 ** (power + 1)) power++;
  const value = Math.round((bytes / 1024 ** power) * 10) / 10;
  return `${value}${"BKMGTP"[power]}`;
}

const RIGHT: ReadonlySet<string> = new Set(["MAJ:MIN", "RM", "SIZE", "RO"]);

function* main(p: Process): Steps<number> {
  p.usage = "Try 'lsblk --help' for more information.\n";
  const long = {
    all: "a",
    bytes: "b",
    nodeps: "d",
    fs: "f",
    list: "l",
    noheadings: "n",
    output: "o",
    paths: "p",
    raw: "r",
    help: "h",
    version: "V",
  };
  const opt = getopt(p, "abdflno:prhV", { long });
  if (opt.has("h") || opt.has("V")) {
    const w = p.stdout.puts(opt.has("h") ? HELP : "lsblk from util-linux 2.40.1\n");
    if (w) yield* w;
    return 0;
  }
  const lister = new Lister(p, opt.has("b"), opt.has("p"));
  const names = opt.has("o")
    ? (opt.get("o") as string).toUpperCase().split(",")
    : opt.has("f")
      ? ["NAME", "FSTYPE", "LABEL", "UUID", "MOUNTPOINTS"]
      : ["NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "MOUNTPOINTS"];
  const columns = names.map((name) => lister.column(name) ?? die(`unknown column: ${name}`));
  const all = yield* lister.devices();
  const wanted = opt.operands.map((path) => path.replace(/^\/dev\//, ""));
  const rows: string[][] = opt.has("n") ? [] : [names];
  const flat = opt.has("l") || opt.has("r");
  const add = function* (device: Device, prefix: string): Steps<void> {
    const row: string[] = [];
    for (const [i, column] of columns.entries()) {
      const value = yield* column(device);
      row.push(names[i] === "NAME" ? prefix + value : value);
    }
    rows.push(row);
  };
  let status = 0;
  for (const name of wanted) {
    if (all.some((each) => each.name === name || each.children.some((c) => c.name === name)))
      continue;
    yield* p.warnx(`${name}: not a block device`);
    status = 32;
  }
  for (const device of all) {
    const only = device.children.filter(({ name }) => wanted.includes(name));
    const whole = wanted.length === 0 || wanted.includes(device.name);
    if (!whole) {
      for (const child of only) yield* add(child, "");
      continue;
    }
    const size = Number(yield* lister.attribute(device, "size"));
    if (size === 0 && !opt.has("a") && wanted.length === 0) continue;
    yield* add(device, "");
    if (opt.has("d")) continue;
    for (const [i, child] of device.children.entries()) {
      const last = i === device.children.length - 1;
      yield* add(child, flat ? "" : last ? "`-" : "|-");
    }
  }
  const widths = names.map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length), 0));
  for (const row of rows) {
    const cells = row.map((cell, i) => {
      if (opt.has("r")) return cell;
      const width = widths[i] as number;
      return RIGHT.has(names[i] as string) ? cell.padStart(width) : cell.padEnd(width);
    });
    const w = p.stdout.puts(`${cells.join(" ").trimEnd()}\n`);
    if (w) yield* w;
  }
  return status;
}

/** The program. */
export const lsblk: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  p.progname = "lsblk";
  return runMain(p, main);
};
