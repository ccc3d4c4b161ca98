// Device nodes of terminals: /dev/tty, /dev/console, /dev/ptmx, /dev/ttyS*, /dev/pts/* (Documentation/admin-guide/devices.txt).
import { EBUSY, EIO, ENODEV, ENXIO } from "../../abi/errno.ts";
import { O_NOCTTY } from "../../abi/fcntl.ts";
import { minor } from "../../abi/stat.ts";
import type { DeviceTable } from "../device.ts";
import type { File, Path } from "../fs/file.ts";
import type { Task } from "../task.ts";
import { consoles } from "./console.ts";
import { controllingTty, openMakesControlling } from "./job-control.ts";
import { openPtmx, openSlave, PTS_MAJOR, ptys } from "./pty.ts";
import type { Tty } from "./tty.ts";
import { TtyFile } from "./tty-file.ts";

/** TIOCEXCL keeps everybody but root out. */
function checkExclusive(task: Task, tty: Tty): void {
  if (tty.exclusive && task.cred.euid !== 0) throw EBUSY;
}

function openControlling(task: Task, path: Path, flags: number): File {
  const tty = controllingTty(task.group);
  if (tty === undefined) throw ENXIO;
  checkExclusive(task, tty);
  return new TtyFile(path, flags, tty);
}

function openConsole(task: Task, path: Path, flags: number): File {
  const tty = consoles(task.kernel).main;
  if (tty === undefined) throw ENODEV;
  // /dev/console never becomes a controlling terminal by being opened.
  return new TtyFile(path, flags, tty, true);
}

function openLine(task: Task, path: Path, flags: number, rdev: number): File {
  const tty = consoles(task.kernel).lines.get(rdev);
  if (tty === undefined) throw ENXIO;
  checkExclusive(task, tty);
  const file = new TtyFile(path, flags, tty);
  if ((flags & O_NOCTTY) === 0) openMakesControlling(task, tty);
  return file;
}

function openPts(task: Task, path: Path, flags: number, rdev: number): File {
  const entry = ptys(task.kernel).entries.get(minor(rdev));
  if (entry === undefined) throw EIO;
  checkExclusive(task, entry.tty);
  return openSlave(task, path, flags, entry.tty);
}

/** Registers the terminals' drivers. */
export function registerTtyDevices(devices: DeviceTable): void {
  devices.register("c", 4, undefined, openLine);
  devices.register("c", 5, 0, openControlling);
  devices.register("c", 5, 1, openConsole);
  devices.register("c", 5, 2, openPtmx);
  devices.register("c", PTS_MAJOR, undefined, openPts);
}
