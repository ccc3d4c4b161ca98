// linux/fs.h, linux/loop.h, linux/hdreg.h, linux/blkpg.h, linux/swap.h, linux/major.h: block devices as programs see them.
// Arguments and results of these ioctls are JavaScript values, as documented at each.

export const VIRTBLK_MAJOR = 254;
export const LOOP_MAJOR = 7;
export const SCSI_CDROM_MAJOR = 11;
/** Partitions of disks that have no minors left. */
export const BLOCK_EXT_MAJOR = 259;
export const MISC_MAJOR = 10;
export const LOOP_CTRL_MINOR = 237;

/** Sets read-only; a number. */
export const BLKROSET = 0x125d;
/** Number: 1 when read-only. */
export const BLKROGET = 0x125e;
/** Reads the partition table again. */
export const BLKRRPART = 0x125f;
/** Number: size in 512-byte sectors. */
export const BLKGETSIZE = 0x1260;
/** Writes back and forgets the cache. */
export const BLKFLSBUF = 0x1261;
export const BLKRASET = 0x1262;
export const BLKRAGET = 0x1263;
export const BLKFRASET = 0x1264;
export const BLKFRAGET = 0x1265;
export const BLKSECTGET = 0x1267;
/** Number: logical sector size. */
export const BLKSSZGET = 0x1268;
/** BlkPg: adds, removes or resizes one partition. */
export const BLKPG = 0x1269;
export const BLKBSZGET = 0x80081270;
export const BLKBSZSET = 0x40081271;
/** Number: size in bytes. */
export const BLKGETSIZE64 = 0x80081272;
/** [start, length] in bytes. */
export const BLKDISCARD = 0x1277;
export const BLKIOMIN = 0x1278;
export const BLKIOOPT = 0x1279;
export const BLKALIGNOFF = 0x127a;
export const BLKPBSZGET = 0x127b;
export const BLKDISCARDZEROES = 0x127c;
export const BLKSECDISCARD = 0x127d;
export const BLKROTATIONAL = 0x127e;
/** [start, length] in bytes. */
export const BLKZEROOUT = 0x127f;
/** HdGeometry. */
export const HDIO_GETGEO = 0x0301;
export const HDIO_GET_IDENTITY = 0x030d;

export const CDROMEJECT = 0x5309;
export const CDROMCLOSETRAY = 0x5319;
export const CDROM_DRIVE_STATUS = 0x5326;
export const CDROM_LOCKDOOR = 0x5329;
export const CDS_NO_DISC = 1;
export const CDS_DISC_OK = 4;

/** Write access is stopped (fsfreeze(8)) and let go on. */
export const FIFREEZE = 0xc0045877;
export const FITHAW = 0xc0045878;
/** FsTrim range in; the bytes that were discarded out. */
export const FITRIM = 0xc0185879;

/** Cylinders, heads, sectors and where a partition starts, in sectors. */
export interface HdGeometry {
  heads: number;
  sectors: number;
  cylinders: number;
  start: number;
}

export const BLKPG_ADD_PARTITION = 1;
export const BLKPG_DEL_PARTITION = 2;
export const BLKPG_RESIZE_PARTITION = 3;

/** struct blkpg_ioctl_arg with its partition; bytes. */
export interface BlkPg {
  op: number;
  pno: number;
  start: number;
  length: number;
}

/** Argument of FITRIM, in bytes. */
export interface FsTrimRange {
  start: number;
  length: number;
  minlen: number;
}

/** Number: descriptor of the backing file. */
export const LOOP_SET_FD = 0x4c00;
export const LOOP_CLR_FD = 0x4c01;
/** LoopInfo. */
export const LOOP_SET_STATUS64 = 0x4c04;
export const LOOP_GET_STATUS64 = 0x4c05;
export const LOOP_CHANGE_FD = 0x4c06;
export const LOOP_SET_CAPACITY = 0x4c07;
export const LOOP_SET_DIRECT_IO = 0x4c08;
export const LOOP_SET_BLOCK_SIZE = 0x4c09;
/** LoopConfig. */
export const LOOP_CONFIGURE = 0x4c0a;
/** On /dev/loop-control: number of the device to add, to remove, or of a free one. */
export const LOOP_CTL_ADD = 0x4c80;
export const LOOP_CTL_REMOVE = 0x4c81;
export const LOOP_CTL_GET_FREE = 0x4c82;

export const LO_FLAGS_READ_ONLY = 1;
export const LO_FLAGS_AUTOCLEAR = 4;
export const LO_FLAGS_PARTSCAN = 8;
export const LO_FLAGS_DIRECT_IO = 16;
/** Bytes of a name that loop devices remember, its NUL included. */
export const LO_NAME_SIZE = 64;

/** struct loop_info64. */
export interface LoopInfo {
  /** Device and inode of the backing file. */
  device: number;
  inode: number;
  rdevice: number;
  offset: number;
  /** 0: to the end of the file. */
  sizelimit: number;
  number: number;
  flags: number;
  fileName: string;
}

/** struct loop_config. */
export interface LoopConfig {
  fd: number;
  /** 0: 512. */
  blockSize: number;
  info: LoopInfo;
}

/** Flags of swapon(2). */
export const SWAP_FLAG_PREFER = 0x8000;
export const SWAP_FLAG_PRIO_MASK = 0x7fff;
export const SWAP_FLAG_DISCARD = 0x10000;
export const SWAP_FLAG_DISCARD_ONCE = 0x20000;
export const SWAP_FLAG_DISCARD_PAGES = 0x40000;
