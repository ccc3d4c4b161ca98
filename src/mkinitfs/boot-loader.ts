// The boot loader's part: what an installed disk wants the kernel to be told (extlinux.conf, as syslinux reads it).
import { MS_RDONLY } from "../abi/mount.ts";
import type { Steps } from "../abi/program.ts";
import { readDir } from "../libc/unistd.ts";
import type { Early } from "./early.ts";

const CONFIGURATIONS = ["boot/extlinux.conf", "extlinux.conf", "extlinux/extlinux.conf"];
const MOUNTED = "/tmp/loader";

/** APPEND of the label that DEFAULT names, or of the first. */
export function defaultAppend(text: string): string | undefined {
  const labels = new Map<string, string>();
  let wanted: string | undefined;
  let label = "";
  for (const line of text.split("\n")) {
    const [, key = "", value = ""] = /^\s*(\w+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (/^default$/i.test(key)) wanted = value;
    else if (/^label$/i.test(key)) label = value;
    else if (/^append$/i.test(key)) labels.set(label, value);
  }
  return labels.get(wanted ?? "") ?? [...labels.values()][0];
}

/** What the first disk with a boot loader says; undefined when there is none. */
export function* diskParameters(early: Early): Steps<string | undefined> {
  early.mkdirs(MOUNTED);
  const entries = yield* readDir(early.sys, "/dev");
  const disks = entries.map(({ name }) => name).filter((name) => /^vd[a-z]\d*$/.test(name));
  for (const disk of disks.sort()) {
    if (!["ext4", "vfat"].some((type) => early.mount(`/dev/${disk}`, MOUNTED, type, MS_RDONLY)))
      continue;
    try {
      for (const file of CONFIGURATIONS) {
        const append = defaultAppend(yield* early.text(`${MOUNTED}/${file}`));
        if (append !== undefined) return append;
      }
    } finally {
      early.sys.umount2(MOUNTED, 0);
    }
  }
  return undefined;
}
