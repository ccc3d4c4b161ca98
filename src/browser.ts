// The library in a browser, in a page or better in a worker: `import { Machine } from "bivy/browser"`.
import { BrowserHost } from "./host/browser/host.ts";
import { imageOf } from "./kernel/fs/imagefs/packed.ts";
import { Machine as BaseMachine, type BootOptions } from "./machine/machine.ts";
import { basePrograms } from "./machine/programs.ts";
import { repositoryMount } from "./machine/repository.ts";

export { type BlockDevice, MemoryDisk } from "./kernel/block/device.ts";
export type { CommandResult } from "./machine/command.ts";
export { defineProgram } from "./machine/define-program.ts";
export { BivyError } from "./machine/errors.ts";
export type { ExecOptions, SpawnOptions } from "./machine/machine.ts";

/** A machine in this page or worker. */
export const Machine: {
  /** `image`: the bytes of dist/rootfs.img, which the page fetches; `repository`: those of dist/repository.img. */
  boot(
    options: { image: Uint8Array; repository?: Uint8Array } & Omit<Partial<BootOptions>, "image">,
  ): BaseMachine;
} = {
  boot({ image, repository, ...options }) {
    const packages = repository && repositoryMount(() => imageOf(repository));
    return BaseMachine.boot({
      host: new BrowserHost(),
      programs: basePrograms(),
      ...options,
      mounts: [...(packages ? [packages] : []), ...(options.mounts ?? [])],
      image: imageOf(image),
    });
  },
};
/** The type of what `Machine.boot` gives. */
export type Machine = BaseMachine;
