// Names of architectures, as Alpine spells them (apk-package(5)).
import type { Sys } from "../abi/program.ts";

/** uname(2)'s names that differ from Alpine's. */
const ALPINE_NAMES: Readonly<Record<string, string>> = {
  i386: "x86",
  i486: "x86",
  i586: "x86",
  i686: "x86",
  armv6l: "armhf",
  armv7l: "armv7",
  armv8l: "armv7",
  amd64: "x86_64",
  arm64: "aarch64",
};

/** The architecture of the machine that this apk runs on: `apk --print-arch`. */
export function machineArch(sys: Sys): string {
  const { machine } = sys.uname();
  return Object.hasOwn(ALPINE_NAMES, machine) ? (ALPINE_NAMES[machine] as string) : machine;
}
