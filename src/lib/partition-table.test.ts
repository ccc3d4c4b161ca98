import { expect, test } from "vitest";
import { MemoryDisk } from "../kernel/block/device.ts";
import { scanPartitions } from "../kernel/block/partitions.ts";
import {
  type PartitionTable,
  partitionTableWrites,
  readPartitionTable,
} from "./partition-table.ts";

const TOTAL = 40_960;

function read(disk: MemoryDisk): PartitionTable | undefined {
  return readPartitionTable((first, count) => disk.read(first * 512, count * 512), TOTAL, 512);
}

function write(disk: MemoryDisk, table: PartitionTable): void {
  for (const { sector, bytes } of partitionTableWrites(table, disk.read(0, 512), TOTAL, 512))
    disk.write(sector * 512, bytes);
}

const GUID = "12345678-1234-4234-8234-123456789ABC";

const TABLES: readonly PartitionTable[] = [
  {
    label: "dos",
    id: "0xdeadbeef",
    firstLba: 1,
    lastLba: TOTAL - 1,
    partitions: [
      { number: 1, start: 2048, size: 2048, type: "83", bootable: true },
      { number: 3, start: 8192, size: 20_000, type: "5", bootable: false },
      { number: 5, start: 10_240, size: 100, type: "82", bootable: false, table: 8192 },
      { number: 6, start: 14_336, size: 200, type: "83", bootable: false, table: 12_288 },
    ],
  },
  {
    label: "gpt",
    id: GUID,
    firstLba: 2048,
    lastLba: TOTAL - 34,
    partitions: [
      { number: 1, start: 2048, size: 2048, type: GUID, uuid: GUID, attrs: 4n, name: "\xc3\xa4 b" },
      { number: 128, start: 8192, size: 1, type: GUID, uuid: GUID, attrs: 0n },
    ],
  },
];

test.each(TABLES)("what is written is read, by tools and by the kernel: $label", (table) => {
  const disk = new MemoryDisk(TOTAL * 512);
  write(disk, table);
  expect(read(disk)).toMatchObject({
    ...table,
    partitions: table.partitions.map(({ bootable, ...rest }) =>
      bootable === undefined ? rest : { ...rest, bootable },
    ),
  });
  const seen = scanPartitions(disk);
  expect(seen.label).toBe(table.label);
  expect(seen.partitions.map(({ number, start }) => [number, start / 512])).toEqual(
    table.partitions.map(({ number, start }) => [number, start]),
  );
});

test("a GPT whose first copy is damaged is read from its backup", () => {
  const disk = new MemoryDisk(TOTAL * 512);
  write(disk, TABLES[1] as PartitionTable);
  disk.write(512 + 60, new Uint8Array([1, 2, 3]));
  expect(read(disk)).toMatchObject({ id: GUID, damage: "the primary GPT table is corrupt" });
  expect(scanPartitions(disk).partitions).toHaveLength(2);
});

test("garbage is no table, or a bounded one", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 300; round++) {
    const disk = new MemoryDisk(TOTAL * 512);
    write(disk, TABLES[round % 2] as PartitionTable);
    for (let n = 0; n < 20; n++) {
      const places = [
        446 + random(64),
        512 + random(92),
        1024 + random(256),
        8192 * 512 + 446 + random(64),
      ];
      disk.write(places[random(4)] as number, new Uint8Array([random(256)]));
    }
    const table = read(disk);
    expect(table?.partitions.length ?? 0).toBeLessThan(1100);
    for (const { start, length } of scanPartitions(disk).partitions) {
      expect(start + length).toBeLessThanOrEqual(TOTAL * 512);
    }
  }
});
