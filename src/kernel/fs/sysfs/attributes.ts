// The kinds of files and directories that sysfs is made of.
import { EINVAL } from "../../../abi/errno.ts";
import type { Kernel } from "../../kernel.ts";
import {
  FixedDirectory,
  GeneratedFile,
  GeneratedLink,
  ListedDirectory,
  type Make,
} from "../generated.ts";

/** What st_size says of every attribute. */
const ATTRIBUTE_SIZE = 4096;

/** A read-only attribute. */
export function attribute(value: string | number | ((kernel: Kernel) => string | number)): Make {
  const get = typeof value === "function" ? value : () => value;
  return (sb) =>
    new GeneratedFile(sb, { read: (task) => `${get(task.kernel)}\n` }, 0o444, 0, 0, ATTRIBUTE_SIZE);
}

/** An attribute with its text as it is (uevent: no newline added), which may be written. */
export function writable(
  read: (kernel: Kernel) => string,
  write: (kernel: Kernel, text: string) => void,
): Make {
  return (sb) =>
    new GeneratedFile(
      sb,
      {
        read: (task) => read(task.kernel),
        write: (task, given) => write(task.kernel, given),
      },
      0o644,
      0,
      0,
      ATTRIBUTE_SIZE,
    );
}

const UEVENT_ACTIONS: readonly string[] = [
  "add",
  "remove",
  "change",
  "move",
  "online",
  "offline",
  "bind",
  "unbind",
];

/** uevent: its lines, and an event when one is asked for; `told` passes it on where somebody listens. */
export function uevent(
  lines: string | (() => string),
  told: (action: string) => void = () => {},
): Make {
  return writable(
    () => (typeof lines === "string" ? lines : lines()),
    (_kernel, text) => {
      const action = text.trim().split(" ", 1)[0] as string;
      if (!UEVENT_ACTIONS.includes(action)) throw EINVAL;
      told(action);
    },
  );
}

/** A directory of sysfs. */
export function dir(entries: Readonly<Record<string, Make>>): Make {
  return (sb) => new FixedDirectory(sb, entries, 0o755);
}

/** A directory of links by name. */
export function links(list: (kernel: Kernel) => Iterable<[string, string]>): Make {
  return (sb) =>
    new ListedDirectory(
      sb,
      () => list(sb.kernel),
      (of, target: string) => new GeneratedLink(of, target),
      0o755,
    );
}
