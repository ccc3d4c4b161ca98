// SETUP_DISK_TESTFUNC: one function of setup-disk by its name, as alpine-conf's tests call them.
import type { Steps } from "../abi/program.ts";
import {
  type BootTarget,
  setupBootloader,
  setupGrub,
  setupLimine,
  setupSyslinux,
} from "./disk-bootloader.ts";
import { findNthPartition, findPartitions, setupPartitions } from "./disk-partitions.ts";
import type { DiskSetup } from "./disk-state.ts";

function target(args: readonly string[]): BootTarget {
  const [mnt = "", root = "", modules = "", options = "", bootDevice = "", ...disks] = args;
  return { mnt, root, modules, options, bootDevice, disks, features: "" };
}

/** Calls it; its status. */
export function* callByName(d: DiskSetup, name: string, args: readonly string[]): Steps<number> {
  const { s } = d;
  const [first = "", second = "", ...rest] = args;
  const show = function* (lines: readonly string[]): Steps<number> {
    for (const line of lines) yield* s.echo(line);
    return 0;
  };
  switch (name) {
    case "find_disks":
      yield* s.print((yield* d.findDisks()).map((disk) => ` ${disk}`).join(""));
      return 0;
    case "setup_partitions":
      return (yield* setupPartitions(d, first, args.slice(1))) ? 0 : 1;
    case "find_partitions":
      return yield* show(yield* findPartitions(d, first, second));
    case "find_nth_non_boot_parts":
      return yield* show(yield* findNthPartition(d, Number(first), second, rest));
    case "find_efi_size":
      return yield* show([yield* d.findEfiSize(args)]);
    case "find_swap_size":
      return yield* show([yield* d.findSwapSize(args)]);
    case "uuid_or_device":
      return yield* show([yield* d.uuidOrDevice(first)]);
    case "supported_boot_fs":
      return (yield* d.supportsBootFs(first)) ? 0 : 1;
    case "select_bootloader_pkg": {
      const packages = d.bootloaderPackages();
      return yield* show(packages.length === 0 ? [] : [packages.join(" ")]);
    }
    case "select_default_bootloader":
      return yield* show([d.defaultBootloader()]);
    case "setup_bootloader":
      yield* setupBootloader(d, target(args));
      return 0;
    case "setup_grub":
      yield* setupGrub(d, target(args));
      return 0;
    case "setup_limine":
      yield* setupLimine(d, target(args));
      return 0;
    case "setup_syslinux":
      yield* setupSyslinux(d, target(args));
      return 0;
    default:
      return s.die(`setup-disk: ${name}: not found`);
  }
}
