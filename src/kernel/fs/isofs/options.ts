// Mount options of iso9660 (mount(8), "Mount options for iso9660").
import { EINVAL } from "../../../abi/errno.ts";

export interface IsoOptions {
  rock: boolean;
  joliet: boolean;
  /** How plain ISO names are shown: lower case without version, as they are, or as "normal" for Acorn. */
  map: "normal" | "off" | "acorn";
  /** Given values replace those of the medium; undefined: the medium's, or root and 0500-like defaults. */
  uid: number | undefined;
  gid: number | undefined;
  mode: number | undefined;
  dmode: number | undefined;
  overrideRock: boolean;
  hide: boolean;
  showAssociated: boolean;
  /** First sector of the session. */
  sector: number;
}

function numberOf(value: string | undefined, radix: number): number {
  const digits = radix === 8 ? /^[0-7]{1,6}$/ : /^\d{1,10}$/;
  if (value === undefined || !digits.test(value)) throw EINVAL;
  return Number.parseInt(value, radix);
}

/** Throws EINVAL for what isofs does not know. */
export function parseIsoOptions(data: string): IsoOptions {
  const options: IsoOptions = {
    rock: true,
    joliet: true,
    map: "normal",
    uid: undefined,
    gid: undefined,
    mode: undefined,
    dmode: undefined,
    overrideRock: false,
    hide: false,
    showAssociated: false,
    sector: 0,
  };
  for (const part of data.split(",")) {
    if (part === "") continue;
    const [name, value] = part.split("=", 2) as [string, string | undefined];
    switch (name) {
      case "norock":
        options.rock = false;
        break;
      case "nojoliet":
        options.joliet = false;
        break;
      case "map":
        if (value !== "normal" && value !== "off" && value !== "acorn") throw EINVAL;
        options.map = value;
        break;
      case "uid":
        options.uid = numberOf(value, 10);
        break;
      case "gid":
        options.gid = numberOf(value, 10);
        break;
      case "mode":
        options.mode = numberOf(value, 8) & 0o777;
        break;
      case "dmode":
        options.dmode = numberOf(value, 8) & 0o777;
        break;
      case "overriderockperm":
        options.overrideRock = true;
        break;
      case "hide":
        options.hide = true;
        break;
      case "unhide":
        options.hide = false;
        break;
      case "showassoc":
        options.showAssociated = true;
        break;
      case "sbsector":
        options.sector = numberOf(value, 10);
        break;
      case "session":
        if (numberOf(value, 10) > 99) throw EINVAL;
        break;
      // UTF-8 is what names are in; these change nothing that can be seen here.
      case "utf8":
      case "iocharset":
      case "check":
      case "blocksize":
      case "block":
      case "cruft":
      case "nocompress":
        break;
      default:
        throw EINVAL;
    }
  }
  return options;
}

/** As /proc/mounts shows them. */
export function isoOptionsText(options: IsoOptions, joliet: boolean, block: number): string {
  const parts: string[] = [];
  if (!options.rock) parts.push("norock");
  else if (!options.joliet) parts.push("nojoliet");
  if (options.map !== "normal") parts.push(`map=${options.map}`);
  if (options.hide) parts.push("hide");
  if (options.showAssociated) parts.push("showassoc");
  parts.push(`blocksize=${block}`);
  if (options.sector !== 0) parts.push(`sbsector=${options.sector}`);
  if (options.uid !== undefined) parts.push(`uid=${options.uid}`);
  if (options.gid !== undefined) parts.push(`gid=${options.gid}`);
  if (options.dmode !== undefined) parts.push(`dmode=${options.dmode.toString(8)}`);
  if (options.mode !== undefined) parts.push(`fmode=${options.mode.toString(8)}`);
  if (joliet) parts.push("iocharset=utf8");
  return parts.join(",");
}
