import { expect, test } from "vitest";
import { runShell } from "../../../test/support/shell.ts";
import { MemoryDisk } from "../../kernel/block/device.ts";

/** Dialogues one after the other on one image, and what BusyBox prints. */
const SESSIONS: readonly (readonly [string, string])[] = [
  [
    `printf 'p\\nn\\np\\n1\\n\\n+20M\\nn\\np\\n2\\n\\n\\np\\nw\\n' | fdisk a.img`,
    `Device contains neither a valid DOS partition table, nor Sun, SGI, OSF or GPT disklabel
Building a new DOS disklabel. Changes will remain in memory only,
until you decide to write them. After that the previous content
won't be recoverable.


Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
12 cylinders, 255 heads, 63 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type

Command (m for help): Partition type
   p   primary partition (1-4)
   e   extended
Partition number (1-4): First sector (63-204799, default 63): Using default value 63
Last sector or +size{,K,M,G,T} (63-204799, default 204799): 
Command (m for help): Partition type
   p   primary partition (1-4)
   e   extended
Partition number (1-4): First sector (41023-204799, default 41023): Using default value 41023
Last sector or +size{,K,M,G,T} (41023-204799, default 204799): Using default value 204799

Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
12 cylinders, 255 heads, 63 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       2,141,10            63      41022      40960 20.0M 83 Linux
  a.img2    2,141,11    12,190,50        41023     204799     163777 79.9M 83 Linux

Command (m for help): The partition table has been altered.
Calling ioctl() to re-read partition table
fdisk: WARNING: rereading partition table failed, kernel still uses old table: Not a tty
`,
  ],
  [
    `fdisk -l a.img; printf 'u\\nn\\ne\\n3\\nd\\n1\\nt\\n2\\n82\\na\\n2\\np\\nv\\nz\\nq\\n' | fdisk a.img; printf 't\\nL\\nq\\n' | fdisk a.img | head -8`,
    `Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
12 cylinders, 255 heads, 63 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       2,141,10            63      41022      40960 20.0M 83 Linux
  a.img2    2,141,11    12,190,50        41023     204799     163777 79.9M 83 Linux

Command (m for help): Changing display/entry units to cylinders

Command (m for help): Partition type
   p   primary partition (1-4)
   e   extended
Partition number (1-4): No free sectors available

Command (m for help): Partition number (1-4): 
Command (m for help): Selected partition 2
Hex code (type L to list codes): Changed system type of partition 2 to 2 (Unknown)

Command (m for help): 8: unknown command
Command Action
a	toggle a bootable flag
b	edit bsd disklabel
c	toggle the dos compatibility flag
d	delete a partition
l	list known partition types
n	add a new partition
o	create a new empty DOS partition table
p	print the partition table
q	quit without saving changes
s	create a new empty Sun disklabel
t	change a partition's system id
u	change display/entry units
v	verify the partition table
w	write table to disk and exit
x	extra functionality (experts only)

Command (m for help): Partition number (1-4): 
Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
12 cylinders, 255 heads, 63 sectors/track
Units: cylinders of 16065 * 512 = 8225280 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img2 *  2,141,11    12,190,50        41023     204799     163777 79.9M  2 Unknown

Command (m for help): Partition 2: cylinder 13 greater than maximum 12
Partition 2: previous sectors 204799 disagrees with total 205465
29002 unallocated sectors

Command (m for help): z: unknown command
Command Action
a	toggle a bootable flag
b	edit bsd disklabel
c	toggle the dos compatibility flag
d	delete a partition
l	list known partition types
n	add a new partition
o	create a new empty DOS partition table
p	print the partition table
q	quit without saving changes
s	create a new empty Sun disklabel
t	change a partition's system id
u	change display/entry units
v	verify the partition table
w	write table to disk and exit
x	extra functionality (experts only)

Command (m for help): 

Command (m for help): Partition number (1-4): Partition number (1-4): Partition number (1-4): `,
  ],
  [
    `printf 'o\\nn\\ne\\n1\\n\\n\\nn\\nl\\n\\n+10M\\nn\\nl\\n\\n+10M\\nn\\nx\\nl\\n99999999\\n+5\\n\\n\\nd\\n5\\np\\nx\\np\\ne\\nv\\nw\\n' | fdisk a.img; hexdump -C a.img; fdisk -l a.img nonex`,
    `
Command (m for help): Building a new DOS disklabel. Changes will remain in memory only,
until you decide to write them. After that the previous content
won't be recoverable.


Command (m for help): Partition type
   p   primary partition (1-4)
   e   extended
Partition number (1-4): First sector (63-204799, default 63): Using default value 63
Last sector or +size{,K,M,G,T} (63-204799, default 204799): Using default value 204799

Command (m for help): Partition type
   p   primary partition (1-4)
   l   logical (5 or over)
First sector (126-204799, default 126): Using default value 126
Last sector or +size{,K,M,G,T} (126-204799, default 204799): 
Command (m for help): Partition type
   p   primary partition (1-4)
   l   logical (5 or over)
First sector (20669-204799, default 20669): Using default value 20669
Last sector or +size{,K,M,G,T} (20669-204799, default 204799): 
Command (m for help): Partition type
   p   primary partition (1-4)
   l   logical (5 or over)
Invalid partition number for type 'x'
Partition type
   p   primary partition (1-4)
   l   logical (5 or over)
First sector (41212-204799, default 41212): Value is out of range
First sector (41212-204799, default 41212): Value is out of range
First sector (41212-204799, default 41212): Using default value 41212
Last sector or +size{,K,M,G,T} (41212-204799, default 204799): Using default value 204799

Command (m for help): Partition number (1-7): 
Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
12 cylinders, 255 heads, 63 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       12,190,50           63     204799     204737 99.9M  5 Extended
  a.img5    1,73,6      2,143,10         20669      41148      20480 10.0M 83 Linux
  a.img6    2,144,11    12,190,50        41212     204799     163588 79.8M 83 Linux

Command (m for help): 
Expert command (m for help): 
Disk a.img: 255 heads, 63 sectors, 12 cylinders

Nr AF  Hd Sec  Cyl  Hd Sec  Cyl      Start       Size ID
 1 00   1   1    0 190  50   12         63     204737 05
 2 00   0   0    0   0   0    0          0          0 00
 3 00   0   0    0   0   0    0          0          0 00
 4 00   0   0    0   0   0    0          0          0 00
 5 00  73   6    1 143  10    2      20606      20480 83
 6 00 144  11    2 190  50   12         63     163588 83

Expert command (m for help): 
Disk a.img: 255 heads, 63 sectors, 12 cylinders

Nr AF  Hd Sec  Cyl  Hd Sec  Cyl      Start       Size ID
 1 00   1   1    0 190  50   12         63     204737 05
 5 00 143  11    2 190  50   12      41086     163651 05
 6 00   0   0    0   0   0    0          0          0 00

Expert command (m for help): Partition 5: previous sectors 41148 disagrees with total 34568
Partition 6: cylinder 13 greater than maximum 12
Partition 6: previous sectors 204799 disagrees with total 205465
8709 unallocated sectors

Expert command (m for help): The partition table has been altered.
Calling ioctl() to re-read partition table
fdisk: WARNING: rereading partition table failed, kernel still uses old table: Not a tty
00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
000001b0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 01  |................|
000001c0  01 00 05 be 32 0c 3f 00  00 00 c1 1f 03 00 00 00  |....2.?.........|
000001d0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
000001f0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 55 aa  |..............U.|
00000200  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00007fb0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 49  |...............I|
00007fc0  06 01 83 8f 0a 02 7e 50  00 00 00 50 00 00 00 8f  |......~P...P....|
00007fd0  0b 02 05 be 32 0c 7e a0  00 00 43 7f 02 00 00 00  |....2.~...C.....|
00007fe0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
00007ff0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 55 aa  |..............U.|
00008000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
01417bb0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 90  |................|
01417bc0  0b 02 83 be 32 0c 3f 00  00 00 04 7f 02 00 00 00  |....2.?.........|
01417bd0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
01417bf0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 55 aa  |..............U.|
01417c00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
06400000
Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
21 cylinders, 191 heads, 50 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       12,190,50           63     204799     204737 99.9M  5 Extended
Partition 1 has different physical/logical start (non-Linux?):
     phys=(0,1,1) logical=(0,1,14)
Partition 1 has different physical/logical end:
     phys=(12,190,50) logical=(21,84,50)
  a.img5    1,73,6      2,143,10         20669      41148      20480 10.0M 83 Linux
  a.img6    2,144,11    12,190,50        41212     204799     163588 79.8M 83 Linux
fdisk: can't open 'nonex': No such file or directory
`,
  ],
  [
    `printf 'u\\nn\\np\\n1\\n\\n+5\\np\\nn\\np\\n2\\n\\n+5M\\np\\nd\\n1\\nn\\np\\n1\\n1\\n3\\np\\nw\\n' | fdisk a.img; fdisk nonex; echo $?; truncate -s 20G x; printf 'n\\np\\n4\\n2048\\n+1G\\np\\nq\\n' | fdisk x`,
    `
Command (m for help): Changing display/entry units to cylinders

Command (m for help): Partition type
   p   primary partition (1-4)
   l   logical (5 or over)
Partition number (1-4): Partition 1 is already defined, delete it before re-adding

Command (m for help): Command (m for help): +: unknown command
Command Action
a	toggle a bootable flag
b	edit bsd disklabel
c	toggle the dos compatibility flag
d	delete a partition
l	list known partition types
n	add a new partition
o	create a new empty DOS partition table
p	print the partition table
q	quit without saving changes
s	create a new empty Sun disklabel
t	change a partition's system id
u	change display/entry units
v	verify the partition table
w	write table to disk and exit
x	extra functionality (experts only)

Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
21 cylinders, 191 heads, 50 sectors/track
Units: cylinders of 9550 * 512 = 4889600 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       12,190,50           63     204799     204737 99.9M  5 Extended
Partition 1 has different physical/logical start (non-Linux?):
     phys=(0,1,1) logical=(0,1,14)
Partition 1 has different physical/logical end:
     phys=(12,190,50) logical=(21,84,50)
  a.img5    1,73,6      2,143,10         20669      41148      20480 10.0M 83 Linux
  a.img6    2,144,11    12,190,50        41212     204799     163588 79.8M 83 Linux

Command (m for help): Partition type
   p   primary partition (1-4)
   l   logical (5 or over)
Partition number (1-4): No free sectors available

Command (m for help): Command (m for help): +: unknown command
Command Action
a	toggle a bootable flag
b	edit bsd disklabel
c	toggle the dos compatibility flag
d	delete a partition
l	list known partition types
n	add a new partition
o	create a new empty DOS partition table
p	print the partition table
q	quit without saving changes
s	create a new empty Sun disklabel
t	change a partition's system id
u	change display/entry units
v	verify the partition table
w	write table to disk and exit
x	extra functionality (experts only)

Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
21 cylinders, 191 heads, 50 sectors/track
Units: cylinders of 9550 * 512 = 4889600 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       12,190,50           63     204799     204737 99.9M  5 Extended
Partition 1 has different physical/logical start (non-Linux?):
     phys=(0,1,1) logical=(0,1,14)
Partition 1 has different physical/logical end:
     phys=(12,190,50) logical=(21,84,50)
  a.img5    1,73,6      2,143,10         20669      41148      20480 10.0M 83 Linux
  a.img6    2,144,11    12,190,50        41212     204799     163588 79.8M 83 Linux

Command (m for help): Partition number (1-6): 
Command (m for help): Partition type
   p   primary partition (1-4)
   e   extended
Partition number (1-4): First cylinder (1-21, default 1): Last cylinder or +size{,K,M,G,T} (1-21, default 21): 
Command (m for help): Disk a.img: 100 MB, 104857600 bytes, 204800 sectors
21 cylinders, 191 heads, 50 sectors/track
Units: cylinders of 9550 * 512 = 4889600 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
  a.img1    0,1,1       2,190,50            50      28649      28600 13.9M 83 Linux

Command (m for help): The partition table has been altered.
Calling ioctl() to re-read partition table
fdisk: WARNING: rereading partition table failed, kernel still uses old table: Not a tty
fdisk: can't open 'nonex'
1
Device contains neither a valid DOS partition table, nor Sun, SGI, OSF or GPT disklabel
Building a new DOS disklabel. Changes will remain in memory only,
until you decide to write them. After that the previous content
won't be recoverable.


The number of cylinders for this disk is set to 2610.
There is nothing wrong with that, but this is larger than 1024,
and could in certain setups cause problems with:
1) software that runs at boot time (e.g., old versions of LILO)
2) booting and partitioning software from other OSs
   (e.g., DOS FDISK, OS/2 FDISK)

Command (m for help): Partition type
   p   primary partition (1-4)
   e   extended
Partition number (1-4): First sector (63-41943039, default 63): Last sector or +size{,K,M,G,T} (2048-41943039, default 41943039): 
Command (m for help): Disk x: 20 GB, 21474836480 bytes, 41943040 sectors
2610 cylinders, 255 heads, 63 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
      x4    0,32,33     130,170,40        2048    2099199    2097152 1024M 83 Linux

Command (m for help): 
`,
  ],
];

test("dialogues as BusyBox has them, down to the bytes written", () => {
  const script = SESSIONS.map(([command]) => `${command}\necho "=="`).join("\n");
  const { output } = runShell({ script: `truncate -s 100M a.img\n${script}` });
  expect(output.split("==\n").slice(0, -1)).toEqual(SESSIONS.map(([, expected]) => expected));
});

test("disks of the machine are listed, and partitions appear", () => {
  const { output } = runShell({
    disks: [{ device: new MemoryDisk(10 << 20) }],
    script: "printf 'n\\np\\n1\\n\\n\\nw\\n' | fdisk /dev/vda | tail -2; ls /dev/vda*; fdisk -l",
  });
  expect(output).toBe(`Command (m for help): The partition table has been altered.
Calling ioctl() to re-read partition table
/dev/vda
/dev/vda1
Disk /dev/vda: 10 MB, 10485760 bytes, 20480 sectors
682 cylinders, 6 heads, 5 sectors/track
Units: sectors of 1 * 512 = 512 bytes

Device  Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type
/dev/vda1    0,1,1       20,5,5              63      20479      20417  9.9M 83 Linux
Partition 1 has different physical/logical start (non-Linux?):
     phys=(0,1,1) logical=(2,0,4)
Partition 1 has different physical/logical end:
     phys=(20,5,5) logical=(682,3,5)
`);
});
