// Names of partition types as fdisk lists them.

/** In the order of the list. */
export function fdiskTypes(): readonly (readonly [code: number, name: string])[] {
  return [
    [0x00, "Empty"],
    [0x01, "FAT12"],
    [0x04, "FAT16 <32M"],
    [0x05, "Extended"],
    [0x06, "FAT16"],
    [0x07, "HPFS/NTFS"],
    [0x0a, "OS/2 Boot Manager"],
    [0x0b, "Win95 FAT32"],
    [0x0c, "Win95 FAT32 (LBA)"],
    [0x0e, "Win95 FAT16 (LBA)"],
    [0x0f, "Win95 Ext'd (LBA)"],
    [0x11, "Hidden FAT12"],
    [0x12, "Compaq diagnostics"],
    [0x14, "Hidden FAT16 <32M"],
    [0x16, "Hidden FAT16"],
    [0x17, "Hidden HPFS/NTFS"],
    [0x1b, "Hidden Win95 FAT32"],
    [0x1c, "Hidden W95 FAT32 (LBA)"],
    [0x1e, "Hidden W95 FAT16 (LBA)"],
    [0x3c, "Part.Magic recovery"],
    [0x41, "PPC PReP Boot"],
    [0x42, "SFS"],
    [0x63, "GNU HURD or SysV"],
    [0x80, "Old Minix"],
    [0x81, "Minix / old Linux"],
    [0x82, "Linux swap"],
    [0x83, "Linux"],
    [0x84, "OS/2 hidden C: drive"],
    [0x85, "Linux extended"],
    [0x86, "NTFS volume set"],
    [0x87, "NTFS volume set"],
    [0x8e, "Linux LVM"],
    [0x9f, "BSD/OS"],
    [0xa0, "Thinkpad hibernation"],
    [0xa5, "FreeBSD"],
    [0xa6, "OpenBSD"],
    [0xa8, "Darwin UFS"],
    [0xa9, "NetBSD"],
    [0xab, "Darwin boot"],
    [0xaf, "HFS / HFS+"],
    [0xb7, "BSDI fs"],
    [0xb8, "BSDI swap"],
    [0xbe, "Solaris boot"],
    [0xeb, "BeOS fs"],
    [0xee, "EFI GPT"],
    [0xef, "EFI (FAT-12/16/32)"],
    [0xf0, "Linux/PA-RISC boot"],
    [0xf2, "DOS secondary"],
    [0xf8, "EBBR protective"],
    [0xfd, "Linux raid autodetect"],
  ];
}

export function fdiskTypeName(code: number): string {
  return fdiskTypes().find(([each]) => each === code)?.[1] ?? "Unknown";
}

/** The list of the "l" command: three columns. */
export function fdiskTypesText(): string {
  const types = fdiskTypes();
  const rows = Math.ceil(types.length / 3);
  let out = "";
  for (let row = 0; row < rows; row++) {
    let line = "";
    for (let at = row; at < types.length; at += rows) {
      const [code, name] = types[at] as (typeof types)[number];
      line += `${line === "" ? "" : " "}${code.toString(16).padStart(2)} ${name.padEnd(22)}`;
    }
    out += `\n${line}`;
  }
  return `${out}\n`;
}
