// Mount options of vfat (mount(8), "Mount options for fat").
import { EINVAL } from "../../../abi/errno.ts";

export interface FatOptions {
  uid: number;
  gid: number;
  fmask: number;
  dmask: number;
  /** Others than the owner may set times; undefined: as dmask has it. */
  allowUtime: number | undefined;
  showExec: boolean;
  quiet: boolean;
  flush: boolean;
  discard: boolean;
  /** ATTR_RO of directories counts. */
  rodir: boolean;
  /** Minutes that stored times are behind Greenwich. */
  timeOffset: number;
  errors: "remount-ro" | "continue" | "panic";
  shortname: "lower" | "win95" | "winnt" | "mixed";
}

function numberOf(value: string | undefined, radix: number): number {
  if (value === undefined || !(radix === 8 ? /^[0-7]{1,6}$/ : /^\d{1,10}$/).test(value))
    throw EINVAL;
  return Number.parseInt(value, radix);
}

/** What it is without options. */
export function defaultFatOptions(): FatOptions {
  return {
    uid: 0,
    gid: 0,
    fmask: 0o022,
    dmask: 0o022,
    allowUtime: undefined,
    showExec: false,
    quiet: false,
    flush: false,
    discard: false,
    rodir: false,
    timeOffset: 0,
    errors: "remount-ro",
    shortname: "mixed",
  };
}

/** Reads "uid=5,umask=077" over `base`; throws EINVAL for what vfat does not know. */
export function parseFatOptions(data: string, base: FatOptions): FatOptions {
  const options = { ...base };
  for (const part of data.split(",")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? undefined : part.slice(equals + 1);
    switch (name) {
      case "uid":
        options.uid = numberOf(value, 10);
        break;
      case "gid":
        options.gid = numberOf(value, 10);
        break;
      case "umask":
        options.fmask = numberOf(value, 8) & 0o777;
        options.dmask = options.fmask;
        break;
      case "fmask":
        options.fmask = numberOf(value, 8) & 0o777;
        break;
      case "dmask":
        options.dmask = numberOf(value, 8) & 0o777;
        break;
      case "allow_utime":
        options.allowUtime = numberOf(value, 8) & 0o022;
        break;
      case "showexec":
        options.showExec = true;
        break;
      case "quiet":
        options.quiet = true;
        break;
      case "flush":
        options.flush = true;
        break;
      case "discard":
        options.discard = true;
        break;
      case "rodir":
        options.rodir = true;
        break;
      case "time_offset": {
        if (value === undefined || !/^[+-]?\d{1,4}$/.test(value)) throw EINVAL;
        options.timeOffset = Number(value);
        if (Math.abs(options.timeOffset) > 24 * 60) throw EINVAL;
        break;
      }
      case "tz":
        if (value !== "UTC") throw EINVAL;
        break;
      case "errors":
        if (value !== "remount-ro" && value !== "continue" && value !== "panic") throw EINVAL;
        options.errors = value;
        break;
      case "shortname":
        if (value !== "lower" && value !== "win95" && value !== "winnt" && value !== "mixed")
          throw EINVAL;
        options.shortname = value;
        break;
      case "codepage":
        if (numberOf(value, 10) !== 437) throw EINVAL;
        break;
      case "iocharset":
        // Names are UTF-8.
        if (value === undefined || !/^(?:utf-?8|iso8859-1|ascii)$/i.test(value)) throw EINVAL;
        break;
      case "check":
        if (value === undefined || !/^[rns]|relaxed|normal|strict$/.test(value)) throw EINVAL;
        break;
      case "utf8":
      case "uni_xlate":
      case "nonumtail":
      case "usefree":
      case "nfs":
      case "sys_immutable":
      case "debug":
      case "dos1xfloppy":
      case "nocase":
        break;
      default:
        throw EINVAL;
    }
  }
  return options;
}

function octal(mask: number): string {
  return mask.toString(8).padStart(4, "0");
}

/** As /proc/mounts shows them. */
export function fatOptionsText(options: FatOptions): string {
  const parts: string[] = [];
  if (options.uid !== 0) parts.push(`uid=${options.uid}`);
  if (options.gid !== 0) parts.push(`gid=${options.gid}`);
  parts.push(`fmask=${octal(options.fmask)}`, `dmask=${octal(options.dmask)}`);
  if (options.allowUtime !== undefined) parts.push(`allow_utime=${octal(options.allowUtime)}`);
  parts.push("codepage=437", "iocharset=utf8", `shortname=${options.shortname}`);
  if (options.quiet) parts.push("quiet");
  if (options.showExec) parts.push("showexec");
  if (options.flush) parts.push("flush");
  if (options.timeOffset !== 0) parts.push(`time_offset=${options.timeOffset}`);
  parts.push(`errors=${options.errors}`);
  if (options.discard) parts.push("discard");
  if (options.rodir) parts.push("rodir");
  return parts.join(",");
}
