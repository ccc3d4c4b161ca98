// What goes wrong inside an ext2/3/4 file system, beside errors of its device.

export type Ext4ErrorCode = "corrupt" | "no-space" | "unsupported" | "too-many-links" | "too-big";

/** "corrupt": the message says what; "unsupported": features or geometry that nothing here can handle. */
export class Ext4Error extends Error {
  readonly code: Ext4ErrorCode;
  constructor(code: Ext4ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function corrupt(message: string): never {
  throw new Ext4Error("corrupt", message);
}
export function noSpace(): never {
  throw new Ext4Error("no-space", "no space left");
}
