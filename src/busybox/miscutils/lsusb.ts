// lsusb: devices on USB, of those that /sys/bus/usb/devices lists

import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { readDir, readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const DEVICES = "/sys/bus/usb/devices";

function* main(p: Process): Steps<number> {
  let names: string[];
  try {
    names = (yield* readDir(p.sys, DEVICES)).map(({ name }) => name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* p.warn(DEVICES, e);
    return 0;
  }
  for (const name of names) {
    const text = (yield* readText(p.sys, `${DEVICES}/${name}/uevent`)) ?? "";
    const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
    if (value("DEVTYPE") !== "usb_device") continue;
    const [vendor = "", product = ""] = value("PRODUCT").split("/");
    const id = `${vendor.padStart(4, "0")}:${product.padStart(4, "0")}`;
    const w = p.stdout.puts(`Bus ${value("BUSNUM")} Device ${value("DEVNUM")}: ID ${id}\n`);
    if (w) yield* w;
  }
  return 0;
}

export const lsusb: Applet = {
  name: "lsusb",
  path: "/usr/bin/lsusb",
  // The original has none either.
  usage: "",
  main,
};
