// bivy boot: a whole machine on this terminal, from kernel log to login, until it is powered off.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { S_IFDIR, S_IFLNK, S_IFMT } from "../abi/stat.ts";
import { hostFolder } from "../host/node/folder.ts";
import { NodeHost } from "../host/node/host.ts";
import { NodeTerminal } from "../host/node/terminal.ts";
import { unpackInitramfs } from "../image/initramfs.ts";
import { ImageBuilder } from "../kernel/fs/imagefs/image.ts";
import type { ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import { strOf } from "../lib/bytes.ts";
import { Computer } from "../machine/computer.ts";
import { Machine } from "../machine/machine.ts";
import { basePrograms } from "../machine/programs.ts";
import { offerConsoles } from "./attach.ts";
import { type BootArguments, parseBoot } from "./boot-options.ts";
import { type DiskArgument, openDisks } from "./disks.ts";
import { embeddedImage, embeddedInitramfs, embeddedRepository } from "./image.ts";
import { UsageError } from "./options.ts";

/** What the kernel is told unless --append says more. */
const CMDLINE = "modules=loop,squashfs,sd-mod,usb-storage console=ttyS0";
const OVERLAY_FOLDER = "/media/overlay";

/** What a medium starts the machine with: its initramfs, and what it tells the kernel. */
interface Start {
  image: ImageNode;
  cmdline: string;
}

/** The files of an ISO image that a boot loader would read. */
function startOfIso(iso: DiskArgument): Start {
  const machine = Machine.boot({
    host: new NodeHost(),
    image: embeddedImage(),
    programs: basePrograms(),
    disks: openDisks([iso]),
  });
  try {
    const mounted = machine.runSync("mount -t iso9660 -o ro /dev/sr0 /mnt");
    if (mounted.status !== 0) throw new UsageError(`${iso.path}: no ISO 9660 file system`);
    const text = strOf(machine.fs.readFileSync("/mnt/boot/syslinux/syslinux.cfg"));
    const image = new ImageBuilder();
    for (const entry of unpackInitramfs(machine.fs.readFileSync("/mnt/boot/initramfs-lts"))) {
      const { path, mode, uid, gid, data } = entry;
      const type = mode & S_IFMT;
      if (type === S_IFDIR) image.add(path, { mode, uid, gid });
      else if (type === S_IFLNK) image.add(path, { mode, uid, gid, target: strOf(data) });
      else image.add(path, { mode, uid, gid, content: data });
    }
    const append = /^APPEND[ \t]+(.*)$/m.exec(text)?.[1] ?? CMDLINE;
    return { image: image.finish(), cmdline: append };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${iso.path}: not a boot medium of Bivy: ${(error as Error).message}`);
  } finally {
    machine.close();
  }
}

/** One life of the machine, from power on to power off or reboot. */
async function once(options: BootArguments, port: NodeTerminal): Promise<string> {
  const { memoryBytes, network, ports, save, overlay } = options;
  const iso = options.disks.find(({ kind }) => kind === "cdrom");
  const start =
    iso === undefined ? { image: embeddedInitramfs(), cmdline: CMDLINE } : startOfIso(iso);
  let cmdline = [start.cmdline, ...options.append].join(" ");
  if (overlay !== undefined) cmdline += ` apkovl=${OVERLAY_FOLDER}/${basename(overlay)}`;
  const { size } = port;
  const computer = new Computer({
    host: new NodeHost(),
    image: start.image,
    programs: basePrograms(),
    cmdline,
    console: port,
    ...(size === undefined ? {} : { size }),
    disks: openDisks(options.disks),
    mounts: [
      ...(iso === undefined ? [embeddedRepository()] : []),
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
  const withdraw = options.name === undefined ? () => {} : offerConsoles(computer, options.name);
  port.attach(computer.console, true);
  // Nothing else keeps this process alive while a machine waits.
  const alive = setInterval(() => {}, 0x7fffffff);
  const { how } = await machine.halted;
  clearInterval(alive);
  withdraw();
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
