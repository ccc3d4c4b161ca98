// Character and block devices by number (Linux: cdev_map): drivers register, device nodes open.
import type { Blocking } from "../abi/program.ts";
import type { File, Path } from "./fs/file.ts";
import type { Task } from "./task.ts";

/** Opens the device behind a node; throws ENXIO when its unit is not there. */
export type DeviceOpen = (task: Task, path: Path, flags: number, rdev: number) => Blocking<File>;

/** The drivers of a machine. */
export class DeviceTable {
  /** Whole majors, or one minor: key "c4" or "c1:3", "b7". */
  readonly #drivers = new Map<string, DeviceOpen>();

  /** `minor` undefined registers the whole major. */
  register(kind: "c" | "b", major: number, minor: number | undefined, open: DeviceOpen): void {
    this.#drivers.set(minor === undefined ? `${kind}${major}` : `${kind}${major}:${minor}`, open);
  }

  find(kind: "c" | "b", major: number, minor: number): DeviceOpen | undefined {
    return this.#drivers.get(`${kind}${major}:${minor}`) ?? this.#drivers.get(`${kind}${major}`);
  }
}
