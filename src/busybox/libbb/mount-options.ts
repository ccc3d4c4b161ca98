// Options of mounts by name (mount(8), fstab(5)), and the lists that choose among mounts (-t, -O).
import {
  MS_BIND,
  MS_DIRSYNC,
  MS_MANDLOCK,
  MS_MOVE,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
  MS_UNBINDABLE,
} from "../../abi/mount.ts";

/** Flags an option sets and clears. */
type Effect = readonly [set: number, clear: number];

const NOTHING: Effect = [0, 0];

export interface MountOptions {
  effects: ReadonlyMap<string, Effect>;
  /** Those that are options of the command too: "bind", "make-private". */
  long: readonly string[];
}

/** The options the kernel is told of as flags, or not at all. */
export function mountOptions(): MountOptions {
  const on = (flags: number): Effect => [flags, 0];
  const off = (flags: number): Effect => [0, flags];
  const effects = new Map<string, Effect>([
    ["loop", NOTHING],
    ["defaults", NOTHING],
    ["noauto", NOTHING],
    ["sw", NOTHING],
    ["swap", NOTHING],
    ["nofail", NOTHING],
    ["_netdev", NOTHING],
    ["user", NOTHING],
    ["users", NOTHING],
    ["nosuid", on(MS_NOSUID)],
    ["suid", off(MS_NOSUID)],
    ["nodev", on(MS_NODEV)],
    ["dev", off(MS_NODEV)],
    ["noexec", on(MS_NOEXEC)],
    ["exec", off(MS_NOEXEC)],
    ["sync", on(MS_SYNCHRONOUS)],
    ["async", off(MS_SYNCHRONOUS)],
    ["dirsync", on(MS_DIRSYNC)],
    ["noatime", on(MS_NOATIME)],
    ["atime", off(MS_NOATIME)],
    ["nodiratime", on(MS_NODIRATIME)],
    ["diratime", off(MS_NODIRATIME)],
    ["relatime", on(MS_RELATIME)],
    ["norelatime", off(MS_RELATIME)],
    ["strictatime", on(MS_STRICTATIME)],
    ["nostrictatime", off(MS_STRICTATIME)],
    ["mand", on(MS_MANDLOCK)],
    ["nomand", off(MS_MANDLOCK)],
    ["loud", off(MS_SILENT)],
    ["ro", on(MS_RDONLY)],
    ["rw", off(MS_RDONLY)],
    ["remount", on(MS_REMOUNT)],
    ["bind", on(MS_BIND)],
    ["rbind", on(MS_BIND | MS_REC)],
    ["move", on(MS_MOVE)],
  ]);
  const long = ["bind", "rbind", "move", "remount"];
  for (const [name, flag] of [
    ["shared", MS_SHARED],
    ["slave", MS_SLAVE],
    ["private", MS_PRIVATE],
    ["unbindable", MS_UNBINDABLE],
  ] as const) {
    effects.set(`make-${name}`, on(flag));
    effects.set(`make-r${name}`, on(flag | MS_REC));
    long.push(`make-${name}`, `make-r${name}`);
  }
  return { effects, long };
}

export interface ParsedOptions {
  flags: number;
  /** What is left for the file system. */
  data: string;
  nofail: boolean;
}

/** Reads a list of options. */
export function parseOptions(list: string, flags: number): ParsedOptions {
  const { effects } = mountOptions();
  const data: string[] = [];
  let all = flags;
  const names = list.split(",").filter((name) => name !== "");
  for (const name of names) {
    const effect = effects.get(name);
    if (effect !== undefined) all = (all | effect[0]) & ~effect[1];
    else if (!name.startsWith("comment=")) data.push(name);
  }
  return { flags: all, data: data.join(","), nofail: names.includes("nofail") };
}

/** -t: is the type in the list, or with "no" in front of the list, not in it? */
export function isOfType(type: string, list: string | undefined): boolean {
  if (list === undefined) return true;
  const not = list.startsWith("no");
  const names = (not ? list.slice(2) : list).split(",");
  return (
    names.some((name) => (not && name.startsWith("no") ? name.slice(2) : name) === type) !== not
  );
}

/** -O: are all of these options given, those with "no" in front not given? */
export function hasOptions(options: string, list: string | undefined): boolean {
  const given = options.split(",");
  return (list ?? "")
    .split(",")
    .filter((name) => name !== "")
    .every((name) =>
      name.startsWith("no") ? !given.includes(name.slice(2)) : given.includes(name),
    );
}
