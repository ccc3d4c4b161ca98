// The library on Node: `import { Machine } from "bivy"`.
import { fileURLToPath } from "node:url";
import { hostFolder } from "./host/node/folder.ts";
import { NodeHost } from "./host/node/host.ts";
import { loadImage } from "./host/node/image.ts";
import type { ImageNode } from "./kernel/fs/imagefs/imagefs.ts";
import type { Host } from "./kernel/host.ts";
import { Computer as BaseComputer, type ComputerOptions } from "./machine/computer.ts";
import { Machine as BaseMachine, type BootOptions, type MountOptions } from "./machine/machine.ts";
import { basePrograms } from "./machine/programs.ts";
import { repositoryMount } from "./machine/repository.ts";

export type { Blocking, Program, Steps, Sys } from "./abi/program.ts";
export { DiskError, HostDisk, type HostDiskOptions } from "./host/node/disk.ts";
export type { DiskSpec } from "./kernel/block/attach.ts";
export { type BlockDevice, MemoryDisk } from "./kernel/block/device.ts";
export type { Host, Limits } from "./kernel/host.ts";
export type { NetworkPolicy } from "./kernel/net/policy.ts";
export type { ConsolePort, HostTty } from "./kernel/tty/console.ts";
export type { CommandResult } from "./machine/command.ts";
export { type AsyncProgram, defineProgram, type ProgramContext } from "./machine/define-program.ts";
export { BivyError, type ErrorCode } from "./machine/errors.ts";
export { FixedHost } from "./machine/fixed-host.ts";
export { FsError, type MachineFs, type Stats } from "./machine/fs.ts";
export type { ExecOptions, MountOptions, SpawnOptions } from "./machine/machine.ts";
export type { PortOptions, PublishedPort } from "./machine/network.ts";
export type { ExitStatus, MachineProcess } from "./machine/process.ts";
export { hostFolder };

/** What every machine of this process shares and nobody changes: read at the first boot. */
interface Shared {
  image: ImageNode;
  programs: BootOptions["programs"];
  repository: MountOptions;
}

let shared: Shared | undefined;

function asset(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
}

function share(): Shared {
  shared ??= {
    image: loadImage(asset("rootfs.img")),
    programs: basePrograms(),
    repository: repositoryMount(() => loadImage(asset("repository.img"))),
  };
  return shared;
}

/** The host that machines get by default, for those who wrap it. */
export function nodeHost(): Host {
  return new NodeHost();
}

/** What to boot: everything has a default here. */
export type NodeBootOptions = Partial<BootOptions>;

/** A machine on this Node process: see machine/machine.ts for the calls. */
export const Machine: {
  /** Boots the embedded system. Files of the host, its network and environment are not there unless mounted. */
  boot(options?: NodeBootOptions): BaseMachine;
} = {
  boot(options = {}) {
    const { image, programs, repository } = share();
    const mounts = [repository, ...(options.mounts ?? [])];
    return BaseMachine.boot({ host: new NodeHost(), image, programs, ...options, mounts });
  },
};
/** The type of what `Machine.boot` gives. */
export type Machine = BaseMachine;

/** A computer: a machine with consoles that boots the embedded system from its initramfs (docs/boot.md). */
export const Computer: {
  /** Switches it on. `console` is the far side of its serial console. */
  powerOn(options: NodeComputerOptions): BaseComputer;
} = {
  powerOn(options) {
    const { programs, repository } = share();
    const mounts = [repository, ...(options.mounts ?? [])];
    return new BaseComputer({
      host: new NodeHost(),
      programs,
      image: loadImage(asset("initramfs.img")),
      cmdline: "modules=loop,squashfs,sd-mod,usb-storage console=ttyS0",
      networkConfigured: false,
      ...options,
      mounts,
    });
  },
};
export type Computer = BaseComputer;
/** What to switch on: everything but the console has a default. */
export type NodeComputerOptions = Partial<ComputerOptions> & Pick<ComputerOptions, "console">;
