// bivy boot: a whole machine on this terminal, from kernel log to login, until it is powered off.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { hostFolder } from "../host/node/folder.ts";
import { NodeHost } from "../host/node/host.ts";
import { NodeTerminal } from "../host/node/terminal.ts";
import { Computer } from "../machine/computer.ts";
import { basePrograms } from "../machine/programs.ts";
import { type BootArguments, parseBoot } from "./boot-options.ts";
import { openDisks } from "./disks.ts";
import { embeddedInitramfs, embeddedRepository } from "./image.ts";
import { UsageError } from "./options.ts";

/** What the kernel is told unless --append says more. */
const CMDLINE = "modules=loop,squashfs,sd-mod,usb-storage console=ttyS0";
const OVERLAY_FOLDER = "/media/overlay";

/** One life of the machine, from power on to power off or reboot. */
async function once(options: BootArguments, port: NodeTerminal): Promise<string> {
  const { memoryBytes, network, ports, save, overlay } = options;
  let cmdline = [CMDLINE, ...options.append].join(" ");
  if (overlay !== undefined) cmdline += ` apkovl=${OVERLAY_FOLDER}/${basename(overlay)}`;
  const { size } = port;
  const computer = new Computer({
    host: new NodeHost(),
    image: embeddedInitramfs(),
    programs: basePrograms(),
    cmdline,
    console: port,
    ...(size === undefined ? {} : { size }),
    disks: openDisks(options.disks),
    mounts: [
      embeddedRepository(),
      ...(save === undefined ? [] : [{ fileSystem: hostFolder(save), target: "/media/usb" }]),
    ],
    network: network ?? "none",
    networkConfigured: false,
    ports,
    ...(memoryBytes === undefined ? {} : { limits: { memoryBytes } }),
  });
  const { machine } = computer;
  if (overlay !== undefined) {
    machine.fs.mkdirSync(OVERLAY_FOLDER, { recursive: true });
    machine.fs.writeFileSync(`${OVERLAY_FOLDER}/${basename(overlay)}`, readFileSync(overlay));
  }
  port.attach(computer.console, true);
  // Nothing else keeps this process alive while a machine waits.
  const alive = setInterval(() => {}, 0x7fffffff);
  const { how } = await machine.halted;
  clearInterval(alive);
  port.detach();
  await port.drained();
  return how;
}

/** `bivy boot`. */
export async function bootCommand(words: readonly string[], help: string): Promise<number> {
  const options = parseBoot(words);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  try {
    if (options.overlay !== undefined) readFileSync(options.overlay);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  for (;;) {
    const how = await once(options, new NodeTerminal());
    if (how === "restart") continue;
    // A first process that ends is what Linux calls a panic.
    return how === "exit" ? 1 : 0;
  }
}
