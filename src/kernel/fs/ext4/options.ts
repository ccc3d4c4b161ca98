// Mount options of ext2, ext3 and ext4 (ext4(5)).
import { EINVAL } from "../../../abi/errno.ts";

export type OnError = "continue" | "remount-ro" | "panic";

export interface Ext4Options {
  /** The journal is neither replayed nor used. */
  noload: boolean;
  /** What happens when damage is found; undefined: as the super block says. */
  errors: OnError | undefined;
  barrier: boolean;
  /** Seconds after which changes are committed. */
  commit: number;
  /** "writeback" is kept as ordered, which is more. */
  data: "ordered" | "writeback";
  discard: boolean;
  /** Who may use reserved blocks besides root; undefined: as the super block says. */
  resuid: number | undefined;
  resgid: number | undefined;
}

const COMMIT_SECONDS = 5;
/** Of no effect here: when and how Linux does what is done at once, or which is always so. */
const TAKEN =
  /^(?:(?:no)?(?:delalloc|auto_da_alloc|init_itable|block_validity|user_xattr|acl|quota|mballoc|journal_checksum|bh|prefetch_block_bitmaps|dioread_lock|discard_on_zero|i_version|lazytime)|bsddf|sysvgroups|nogrpid|orlov|oldalloc|reservation|i_version|init_itable=\d+|inode_readahead_blks=\d+|journal_ioprio=[0-7]|stripe=\d+|max_batch_time=\d+|min_batch_time=\d+|mb_optimize_scan=[01])$/;

export function defaultExt4Options(): Ext4Options {
  return {
    noload: false,
    errors: undefined,
    barrier: true,
    commit: COMMIT_SECONDS,
    data: "ordered",
    discard: false,
    resuid: undefined,
    resgid: undefined,
  };
}

function numberOf(value: string | undefined): number {
  if (value === undefined || !/^\d{1,9}$/.test(value)) throw EINVAL;
  return Number(value);
}

/** Reads "errors=remount-ro,commit=30" over `base`; throws EINVAL for what is not known. */
export function parseExt4Options(data: string, base: Ext4Options): Ext4Options {
  const options = { ...base };
  for (const part of data.split(",")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? undefined : part.slice(equals + 1);
    switch (name) {
      case "noload":
      case "norecovery":
        options.noload = true;
        break;
      case "errors":
        if (value !== "continue" && value !== "remount-ro" && value !== "panic") throw EINVAL;
        options.errors = value;
        break;
      case "barrier":
        options.barrier = value === undefined || numberOf(value) !== 0;
        break;
      case "nobarrier":
        options.barrier = false;
        break;
      case "commit": {
        const seconds = numberOf(value);
        options.commit = seconds === 0 ? COMMIT_SECONDS : seconds;
        break;
      }
      case "data":
        if (value !== "ordered" && value !== "writeback") throw EINVAL;
        options.data = value;
        break;
      case "discard":
        options.discard = true;
        break;
      case "nodiscard":
        options.discard = false;
        break;
      case "resuid":
        options.resuid = numberOf(value);
        break;
      case "resgid":
        options.resgid = numberOf(value);
        break;
      default:
        if (!TAKEN.test(part)) throw EINVAL;
    }
  }
  return options;
}

/** As /proc/mounts shows them: what differs from the default. */
export function ext4OptionsText(options: Ext4Options): string {
  const parts: string[] = [];
  if (options.resuid !== undefined) parts.push(`resuid=${options.resuid}`);
  if (options.resgid !== undefined) parts.push(`resgid=${options.resgid}`);
  if (options.errors !== undefined) parts.push(`errors=${options.errors}`);
  if (options.commit !== COMMIT_SECONDS) parts.push(`commit=${options.commit}`);
  if (!options.barrier) parts.push("nobarrier");
  if (options.discard) parts.push("discard");
  if (options.data !== "ordered") parts.push(`data=${options.data}`);
  if (options.noload) parts.push("norecovery");
  return parts.join(",");
}
