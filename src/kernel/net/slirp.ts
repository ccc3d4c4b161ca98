// Who is on the network behind eth0: the addresses that slirp and QEMU have.

/** The machine's own address, and who else is there: as slirp and QEMU have it. */
export const GUEST: Uint8Array = Uint8Array.of(10, 0, 2, 15);
export const ROUTER: Uint8Array = Uint8Array.of(10, 0, 2, 2);
export const NAME_SERVER: Uint8Array = Uint8Array.of(10, 0, 2, 3);
export const PREFIX = 24;
const v6 = (last: number): Uint8Array =>
  Uint8Array.of(0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
export const GUEST6: Uint8Array = v6(0x15);
export const ROUTER6: Uint8Array = v6(2);
export const NAME_SERVER6: Uint8Array = v6(3);
export const PREFIX6 = 64;
export const GUEST_MAC: Uint8Array = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
