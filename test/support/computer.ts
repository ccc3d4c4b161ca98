// Computers for tests: switched on, logged in to.
import { NodeHost } from "../../src/host/node/host.ts";
import { loadImage } from "../../src/host/node/image.ts";
import { Computer, type ComputerOptions } from "../../src/machine/computer.ts";
import type { MountOptions } from "../../src/machine/machine.ts";
import { basePrograms } from "../../src/machine/programs.ts";
import { repositoryMount } from "../../src/machine/repository.ts";
import { ScriptedConsole } from "./scripted-console.ts";

export const CMDLINE = "modules=loop,squashfs,sd-mod,usb-storage console=ttyS0";

function dist(name: string): string {
  return new URL(`../../dist/${name}`, import.meta.url).pathname;
}

/** The medium that ships with Bivy. */
export function embeddedPackages(): MountOptions {
  return repositoryMount(() => loadImage(dist("repository.img")));
}

/** Switches a computer on; the image is that of the last build. */
export function powerOn(options: Partial<ComputerOptions> = {}): [Computer, ScriptedConsole] {
  const port = new ScriptedConsole();
  const computer = new Computer({
    host: new NodeHost(),
    image: loadImage(dist("initramfs.img")),
    programs: basePrograms(),
    cmdline: CMDLINE,
    console: port,
    networkConfigured: false,
    // Wide enough that the shell's line editor never begins a new row.
    size: { rows: 50, cols: 500, xpixel: 0, ypixel: 0 },
    ...options,
    mounts: options.mounts ?? [embeddedPackages()],
  });
  port.connect(computer.console);
  return [computer, port];
}

/** Waits for the prompt, logs in as root, waits for the shell. */
export async function login(port: ScriptedConsole, name = "localhost"): Promise<void> {
  await port.expect(new RegExp(`${name} login: $`));
  port.type("root\n");
  await port.expect(new RegExp(`${name}:~# $`));
}
