import { expect, test } from "vitest";
import { type TestKernel, testKernel } from "../../../test/support/kernel.ts";
import * as abi from "../../abi/block.ts";
import {
  BLKDISCARD,
  BLKGETSIZE64,
  BLKPG,
  BLKPG_DEL_PARTITION,
  BLKROGET,
  BLKROSET,
  BLKRRPART,
  BLKSSZGET,
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_PARTSCAN,
  LOOP_CLR_FD,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
  LOOP_GET_STATUS64,
  type LoopInfo,
} from "../../abi/block.ts";
import { EIO, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, SEEK_END } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { devtmpfs } from "../fs/devtmpfs/devtmpfs.ts";
import type { SuperBlock } from "../fs/inode.ts";
import { sysfs } from "../fs/sysfs/sysfs.ts";
import type { Limits } from "../host.ts";
import { type DiskSpec, registerBlock } from "./attach.ts";
import { type BlockDevice, MemoryDisk } from "./device.ts";
import { type Bdev, closeDisks, disks, syncDisks } from "./genhd.ts";

/** Counts what reaches the store, and keeps it where a cache makes sense. */
class SlowDisk implements BlockDevice {
  readonly inner: MemoryDisk;
  readonly log: string[] = [];
  readonly sectorSize = 512;
  readonly readonly = false;
  constructor(size: number) {
    this.inner = new MemoryDisk(size);
  }
  get size(): number {
    return this.inner.size;
  }
  read(offset: number, length: number): Uint8Array {
    this.log.push(`read ${offset} ${length}`);
    return this.inner.read(offset, length);
  }
  write(offset: number, bytes: Uint8Array): void {
    this.log.push(`write ${offset} ${bytes.length}`);
    this.inner.write(offset, bytes);
  }
  flush(): void {
    this.log.push("flush");
  }
}

function withDisks(given: DiskSpec[], limits: Partial<Limits> = {}): TestKernel {
  const test = testKernel(limits);
  const { kernel } = test;
  registerBlock(kernel, given);
  kernel.fileSystems.set("devtmpfs", devtmpfs);
  kernel.fileSystems.set("sysfs", sysfs);
  return test;
}

/** Runs `main` in a machine with /dev, /proc and /sys. */
function inside(given: DiskSpec[], main: (sys: Sys) => Steps<void>): TestKernel {
  const machine = withDisks(given);
  const status = machine.run(function* (sys) {
    for (const type of ["devtmpfs", "proc", "sysfs"]) {
      const at = type === "devtmpfs" ? "/dev" : type === "proc" ? "/proc" : "/sys";
      sys.mkdirat(AT_FDCWD, at, 0o755);
      sys.mount(type, at, type, 0, "");
    }
    yield* main(sys);
    return 0;
  });
  expect(machine.host.reports).toEqual([]);
  expect(status).toBe(0);
  return machine;
}

function* open(sys: Sys, path: string, flags = O_RDWR): Steps<number> {
  return yield* settle(sys.openat(AT_FDCWD, path, flags, 0o644));
}

function* cat(sys: Sys, path: string): Steps<string> {
  const fd = yield* open(sys, path, O_RDONLY);
  let text = "";
  for (;;) {
    const chunk = yield* settle(sys.read(fd, 65536));
    if (chunk.length === 0) break;
    text += strOf(chunk);
  }
  sys.close(fd);
  return text;
}

function code(action: () => unknown): string {
  try {
    action();
    return "none";
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return error.code;
  }
}

/** An MBR with entries [type, first sector, sectors]. */
function mbr(rows: readonly (readonly [number, number, number])[]): Uint8Array {
  const sector = new Uint8Array(512);
  const view = new DataView(sector.buffer);
  rows.forEach(([type, start, length], i) => {
    sector[446 + 16 * i + 4] = type;
    view.setUint32(446 + 16 * i + 8, start, true);
    view.setUint32(446 + 16 * i + 12, length, true);
  });
  view.setUint32(440, 0xdeadbeef, true);
  sector[510] = 0x55;
  sector[511] = 0xaa;
  return sector;
}

test("a disk with an MBR: nodes, lists, sizes, extended and logical partitions", () => {
  const disk = new MemoryDisk(8 << 20);
  disk.write(
    0,
    mbr([
      [0x83, 2048, 4096],
      [0x05, 8192, 8192],
    ]),
  );
  disk.write(
    8192 * 512,
    mbr([
      [0x83, 64, 1000],
      [0x05, 4096, 2000],
    ]),
  );
  disk.write(12288 * 512, mbr([[0x82, 64, 500]]));
  inside([{ device: disk }], function* (sys) {
    expect(yield* cat(sys, "/proc/partitions")).toBe(
      "major minor  #blocks  name\n\n" +
        " 254        0       8192 vda\n" +
        " 254        1       2048 vda1\n" +
        " 254        2          1 vda2\n" +
        " 254        5        500 vda5\n" +
        " 254        6        250 vda6\n",
    );
    const stat = sys.fstatat(AT_FDCWD, "/dev/vda5", 0);
    expect([stat.mode.toString(8), stat.rdev, stat.gid]).toEqual(["60660", (254 << 8) | 5, 6]);
    expect(yield* cat(sys, "/sys/class/block/vda5/start")).toBe("8256\n");
    expect(yield* cat(sys, "/sys/block/vda/vda1/size")).toBe("4096\n");
    expect(yield* cat(sys, "/sys/block/vda/device/vendor")).toBe("0x1af4\n");
    expect(yield* cat(sys, "/sys/dev/block/254:6/uevent")).toContain("PARTUUID=deadbeef-06\n");
    const fd = yield* open(sys, "/dev/vda1");
    expect(sys.ioctl(fd, BLKGETSIZE64)).toBe(2 << 20);
    expect(sys.ioctl(fd, BLKSSZGET)).toBe(512);
    expect(sys.lseek(fd, 0, SEEK_END)).toBe(2 << 20);
    expect(code(() => sys.write(fd, bytesOf("x")))).toBe("ENOSPC");
    yield* settle(sys.pwrite(fd, bytesOf("hello"), 700));
    const whole = yield* open(sys, "/dev/vda");
    expect(strOf(yield* settle(sys.pread(whole, 5, 2048 * 512 + 700)))).toBe("hello");
    expect(code(() => sys.ioctl(whole, BLKRRPART))).toBe("EBUSY");
    sys.close(fd);
    const gone = { op: BLKPG_DEL_PARTITION, pno: 5, start: 0, length: 0 };
    sys.ioctl(whole, BLKPG, gone);
    expect(code(() => sys.fstatat(AT_FDCWD, "/dev/vda5", 0))).toBe("ENOENT");
    yield* settle(sys.pwrite(whole, mbr([[0x83, 100, 100]]), 0));
    sys.ioctl(whole, BLKRRPART);
    expect(yield* cat(sys, "/proc/partitions")).toMatch(/vda\n 254 {8}1 {9}50 vda1\n$/);
  });
});

test("write protection, exclusive opens, discards", () => {
  inside(
    [
      { device: new MemoryDisk(1 << 20) },
      { device: MemoryDisk.of(bytesOf("CD"), { readonly: true }), kind: "cdrom" },
    ],
    function* (sys) {
      const fd = yield* open(sys, "/dev/vda", O_RDWR | O_EXCL);
      expect(code(() => sys.openat(AT_FDCWD, "/dev/vda", O_RDWR | O_EXCL))).toBe("EBUSY");
      yield* settle(sys.pwrite(fd, new Uint8Array(131072).fill(7), 0));
      sys.ioctl(fd, BLKDISCARD, [0, 65536]);
      expect(strOf(yield* settle(sys.pread(fd, 2, 65535)))).toBe("\0\x07");
      expect(code(() => sys.ioctl(fd, BLKDISCARD, [1, 512]))).toBe("EINVAL");
      sys.ioctl(fd, BLKROSET, 1);
      expect(sys.ioctl(fd, BLKROGET)).toBe(1);
      expect(code(() => sys.pwrite(fd, bytesOf("x"), 0))).toBe("EROFS");
      sys.close(fd);
      sys.close(yield* open(sys, "/dev/vda", O_RDONLY | O_EXCL));
      expect(yield* cat(sys, "/dev/sr0")).toHaveLength(512);
      expect(code(() => sys.openat(AT_FDCWD, "/dev/sr0", O_RDWR))).toBe("EROFS");
      expect(yield* cat(sys, "/sys/block/sr0/removable")).toBe("1\n");
    },
  );
});

test("the cache: small writes wait, flushes are barriers, everything is given back", () => {
  const disk = new SlowDisk(1 << 20);
  const { kernel } = inside([{ device: disk }], function* (sys) {
    const before = freeMemory(sys);
    const fd = yield* open(sys, "/dev/vda");
    disk.log.length = 0;
    yield* settle(sys.pwrite(fd, bytesOf("abc"), 10));
    yield* settle(sys.pwrite(fd, new Uint8Array(4096).fill(1), 4096));
    yield* settle(sys.pwrite(fd, bytesOf("z"), 40960));
    expect(disk.log).toEqual(["read 0 4096", "read 40960 4096"]);
    expect(strOf(yield* settle(sys.pread(fd, 3, 10)))).toBe("abc");
    // A large read sees what is only in the cache.
    expect((yield* settle(sys.pread(fd, 131072, 0)))[40960]).toBe("z".charCodeAt(0));
    disk.log.length = 0;
    yield* settle(sys.fsync(fd));
    expect(disk.log).toEqual(["write 0 8192", "write 40960 4096", "flush"]);
    // A large write is seen through the cache.
    yield* settle(sys.pwrite(fd, new Uint8Array(65536).fill(9), 0));
    expect(yield* settle(sys.pread(fd, 2, 11))).toEqual(new Uint8Array([9, 9]));
    yield* settle(sys.pwrite(fd, bytesOf("end"), 0));
    sys.close(fd);
    expect(freeMemory(sys)).toBe(before);
  });
  expect(strOf(disk.inner.read(0, 4))).toBe("end\x09");
  syncDisks(kernel);
  expect(disks(kernel).get("vda")?.cache?.bytes).toBe(0);
});

function freeMemory(sys: Sys): number {
  return sys.sysinfo().freeram;
}

test("the cache stays bounded and right under random use", () => {
  const disk = new SlowDisk(32 << 20);
  const model = new Uint8Array(32 << 20);
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  inside([{ device: disk }], function* (sys) {
    const fd = yield* open(sys, "/dev/vda");
    for (let i = 0; i < 3000; i++) {
      const length = 1 + random(i % 50 === 0 ? 200_000 : 9000);
      const at = random((32 << 20) - length);
      if (i % 2 === 0) {
        const bytes = new Uint8Array(length).fill(i & 255);
        model.set(bytes, at);
        yield* settle(sys.pwrite(fd, bytes, at));
      } else {
        const got = yield* settle(sys.pread(fd, length, at));
        if (strOf(got) !== strOf(model.subarray(at, at + length))) throw new Error(`differs ${i}`);
      }
    }
    sys.close(fd);
  });
  expect(Buffer.compare(disk.inner.read(0, 32 << 20), model)).toBe(0);
});

test("loop devices: a part of a file as a disk, cleared by the last close", () => {
  inside([], function* (sys) {
    const file = yield* open(sys, "/img", O_RDWR | O_CREAT);
    sys.ftruncate(file, 100_000);
    const control = yield* open(sys, "/dev/loop-control");
    expect(sys.ioctl(control, LOOP_CTL_GET_FREE)).toBe(0);
    const info: Partial<LoopInfo> = {
      offset: 4096,
      sizelimit: 8192,
      flags: LO_FLAGS_AUTOCLEAR,
      fileName: "/img",
    };
    const loop = yield* open(sys, "/dev/loop0");
    sys.ioctl(loop, LOOP_CONFIGURE, { fd: file, blockSize: 0, info });
    expect(sys.ioctl(control, LOOP_CTL_GET_FREE)).toBe(1);
    expect(sys.ioctl(loop, BLKGETSIZE64)).toBe(8192);
    yield* settle(sys.pwrite(loop, bytesOf("deep"), 5));
    expect(strOf(yield* settle(sys.pread(file, 4, 4101)))).toBe("deep");
    expect(yield* cat(sys, "/sys/block/loop0/loop/backing_file")).toBe("/img\n");
    expect(sys.ioctl(loop, LOOP_GET_STATUS64)).toMatchObject({ offset: 4096, number: 0 });
    sys.close(loop);
    const again = yield* open(sys, "/dev/loop0");
    expect(code(() => sys.ioctl(again, LOOP_GET_STATUS64))).toBe("ENXIO");
    sys.ioctl(again, LOOP_CONFIGURE, { fd: file, blockSize: 0, info: { fileName: "x" } });
    const other = yield* open(sys, "/dev/loop0", O_RDONLY);
    sys.ioctl(again, LOOP_CLR_FD);
    sys.close(again);
    expect(sys.ioctl(other, BLKGETSIZE64)).toBe(99_840);
    sys.close(other);
    expect(yield* cat(sys, "/sys/block/loop0/size")).toBe("0\n");
  });
});

test("swap areas are counted: device and file, priorities, busy devices", () => {
  const header = new Uint8Array(4096);
  const view = new DataView(header.buffer);
  view.setUint32(1024, 1, true);
  view.setUint32(1028, 255, true);
  header.set(bytesOf("SWAPSPACE2"), 4086);
  inside([{ device: MemoryDisk.of(header, { size: 1 << 20 }) }], function* (sys) {
    sys.swapon("/dev/vda", 0);
    expect(code(() => sys.swapon("/dev/vda", 0))).toBe("EBUSY");
    expect(code(() => sys.openat(AT_FDCWD, "/dev/vda", O_RDWR | O_EXCL))).toBe("EBUSY");
    const file = yield* open(sys, "/swap file", O_RDWR | O_CREAT);
    expect(code(() => sys.swapon("/swap file", 0))).toBe("EINVAL");
    yield* settle(sys.write(file, header));
    sys.ftruncate(file, 1 << 20);
    sys.swapon("/swap file", 0x8000 | 5);
    expect(yield* cat(sys, "/proc/swaps")).toBe(
      "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
        `/swap\\040file${" ".repeat(27)}file\t\t1020\t\t0\t\t5\n` +
        `/dev/vda${" ".repeat(32)}partition\t1020\t\t0\t\t-2\n`,
    );
    expect(sys.sysinfo().totalswap).toBe(2040 * 1024);
    sys.swapoff("/dev/vda");
    expect(code(() => sys.swapoff("/dev/vda"))).toBe("EINVAL");
    sys.swapoff("/swap file");
    expect(sys.sysinfo().freeswap).toBe(0);
    sys.close(yield* open(sys, "/dev/vda", O_RDWR | O_EXCL));
  });
});

test("a loop device with partitions, and loops upon loops", () => {
  const image = new Uint8Array(1 << 20);
  image.set(
    mbr([
      [0x83, 64, 100],
      [0x83, 200, 100],
    ]),
  );
  image.set(bytesOf("second"), 200 * 512);
  inside([], function* (sys) {
    const file = yield* open(sys, "/img", O_RDWR | O_CREAT);
    yield* settle(sys.write(file, image));
    const loop = yield* open(sys, "/dev/loop2");
    sys.ioctl(loop, LOOP_CONFIGURE, { fd: file, blockSize: 0, info: { flags: LO_FLAGS_PARTSCAN } });
    expect(yield* cat(sys, "/proc/partitions")).toMatch(/ 259 {8}1 {9}50 loop2p2\n$/);
    const part = yield* open(sys, "/dev/loop2p2");
    expect(strOf(yield* settle(sys.read(part, 6)))).toBe("second");
    expect(code(() => sys.ioctl(loop, BLKRRPART))).toBe("EBUSY");
    // A loop on a partition of a loop: what is written arrives in the file.
    const top = yield* open(sys, "/dev/loop3");
    sys.ioctl(top, LOOP_CONFIGURE, { fd: part, blockSize: 0, info: { offset: 512 } });
    yield* settle(sys.pwrite(top, bytesOf("deep"), 0));
    expect(strOf(yield* settle(sys.pread(file, 4, 201 * 512)))).toBe("deep");
    sys.close(part);
    expect(code(() => sys.ioctl(loop, BLKRRPART))).toBe("EBUSY");
    sys.ioctl(top, LOOP_CLR_FD);
    sys.close(top);
    sys.ioctl(loop, LOOP_CLR_FD);
    sys.close(loop);
    expect(code(() => sys.fstatat(AT_FDCWD, "/dev/loop2p2", 0))).toBe("ENOENT");
  });
});

test("ioctls with anything give errnos", () => {
  const { kernel } = inside([{ device: new MemoryDisk(1 << 20) }], function* (sys) {
    const img = yield* open(sys, "/img", O_RDWR | O_CREAT);
    sys.ftruncate(img, 1 << 20);
    const fds = [
      yield* open(sys, "/dev/vda"),
      yield* open(sys, "/dev/loop0"),
      yield* open(sys, "/dev/loop1", O_RDONLY),
      yield* open(sys, "/dev/loop-control"),
    ];
    const requests = [...Object.values(abi)].filter((each) => typeof each === "number");
    const odd = [undefined, null, -1, 0, 1, img, 1e300, Number.NaN, "x", [], [0, 512], [-1, 1e9]];
    const more = [
      {},
      { fd: img },
      { fd: img, blockSize: 512, info: {} },
      { op: 1, pno: 1, start: 512, length: 512 },
      { op: 2, pno: 1 },
      { fd: -1, info: { offset: -1 } },
      { offset: 1e18, sizelimit: -5 },
    ];
    for (const fd of fds) {
      for (const request of requests) {
        // Loop devices without end would be made.
        if (request === abi.LOOP_CTL_ADD) continue;
        for (const arg of [...odd, ...more]) code(() => sys.ioctl(fd, request as number, arg));
      }
    }
    for (const fd of fds) sys.close(fd);
    expect(yield* cat(sys, "/proc/diskstats")).toContain(" vda ");
  });
  expect(kernel.openFiles).toBeLessThan(4);
});

test("the end of the machine writes what is cached; a disk that fails is told of", () => {
  for (const fails of [false, true]) {
    const disk = new SlowDisk(1 << 20);
    const { kernel, host, run } = withDisks([{ device: disk }]);
    kernel.fileSystems.set("devtmpfs", devtmpfs);
    let synced = 0;
    run(function* (sys) {
      sys.mkdirat(AT_FDCWD, "/dev", 0o755);
      sys.mount("dev", "/dev", "devtmpfs", 0, "");
      const fd = yield* open(sys, "/dev/vda");
      yield* settle(sys.pwrite(fd, bytesOf("late"), 100));
      const vda = disks(kernel).get("vda")?.whole as Bdev;
      vda.superBlock = { sync: () => void synced++ } as unknown as SuperBlock;
      if (fails) {
        disk.write = () => {
          throw EIO;
        };
      }
      closeDisks(kernel);
      return 0;
    });
    expect(synced).toBe(1);
    expect(strOf(disk.inner.read(100, 4))).toBe(fails ? "\0\0\0\0" : "late");
    expect(host.reports).toEqual(fails ? ["vda: not everything could be written: EIO"] : []);
  }
});
