// Feature lists of -O: "has_journal,^64bit".
import { FEATURES, type FeatureSet } from "../lib/ext4/superblock.ts";

export interface Features {
  compat: number;
  incompat: number;
  ro_compat: number;
}

/** Other names for the same. */
const ALIASES: Readonly<Record<string, string>> = {
  extents: "extent",
  gdt_csum: "uninit_bg",
  flexbg: "flex_bg",
  large_files: "large_file",
  dir_indexes: "dir_index",
};

/** What a name stands for; undefined when there is no such feature. */
export function featureOf(name: string): { set: FeatureSet; bit: number } | undefined {
  const wanted = ALIASES[name] ?? name;
  const found = FEATURES.find(([, , each]) => each === wanted);
  return found === undefined ? undefined : { set: found[0], bit: found[1] };
}

/** Calls back for each name of a list; the name of one that is not known, or that `apply` refuses. */
export function eachFeature(
  list: string,
  apply: (feature: { set: FeatureSet; bit: number }, on: boolean, name: string) => boolean,
  none: () => void,
): string | undefined {
  for (const part of list.split(/[,\s]+/)) {
    if (part === "") continue;
    if (part === "none") {
      none();
      continue;
    }
    const off = /^[-^]/.test(part);
    const name = part.replace(/^[-^+]/, "");
    const feature = featureOf(name);
    if (feature === undefined || !apply(feature, !off, name)) return name;
  }
  return undefined;
}
