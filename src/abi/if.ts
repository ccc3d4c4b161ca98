// net/if.h, net/route.h, linux/sockios.h: network interfaces, routes, and the ioctls about them.

export const IFF_UP = 0x1;
export const IFF_BROADCAST = 0x2;
export const IFF_LOOPBACK = 0x8;
export const IFF_POINTOPOINT = 0x10;
export const IFF_NOTRAILERS = 0x20;
export const IFF_RUNNING = 0x40;
export const IFF_NOARP = 0x80;
export const IFF_PROMISC = 0x100;
export const IFF_ALLMULTI = 0x200;
export const IFF_MASTER = 0x400;
export const IFF_SLAVE = 0x800;
export const IFF_MULTICAST = 0x1000;
export const IFF_PORTSEL = 0x2000;
export const IFF_AUTOMEDIA = 0x4000;
export const IFF_DYNAMIC = 0x8000;
export const IFF_LOWER_UP = 0x10000;
export const IFNAMSIZ = 16;

export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;

export const RTF_UP = 0x1;
export const RTF_GATEWAY = 0x2;
export const RTF_HOST = 0x4;
export const RTF_REJECT = 0x200;

export const ATF_COM = 0x02;
export const ATF_PERM = 0x04;
export const ATF_PUBL = 0x08;

// Requests. Their argument is an IfReq, RtEntry or ArpReq; those that ask return a value.
export const SIOCADDRT = 0x890b;
export const SIOCDELRT = 0x890c;
export const SIOCGIFNAME = 0x8910;
/** The names of all interfaces that have an address (a list, not a buffer). */
export const SIOCGIFCONF = 0x8912;
export const SIOCGIFFLAGS = 0x8913;
export const SIOCSIFFLAGS = 0x8914;
export const SIOCGIFADDR = 0x8915;
export const SIOCSIFADDR = 0x8916;
export const SIOCGIFDSTADDR = 0x8917;
export const SIOCSIFDSTADDR = 0x8918;
export const SIOCGIFBRDADDR = 0x8919;
export const SIOCSIFBRDADDR = 0x891a;
export const SIOCGIFNETMASK = 0x891b;
export const SIOCSIFNETMASK = 0x891c;
export const SIOCGIFMETRIC = 0x891d;
export const SIOCSIFMETRIC = 0x891e;
export const SIOCGIFMTU = 0x8921;
export const SIOCSIFMTU = 0x8922;
export const SIOCSIFNAME = 0x8923;
export const SIOCSIFHWADDR = 0x8924;
export const SIOCGIFHWADDR = 0x8927;
export const SIOCGIFINDEX = 0x8933;
export const SIOCDIFADDR = 0x8936;
export const SIOCGIFTXQLEN = 0x8942;
export const SIOCSIFTXQLEN = 0x8943;
export const SIOCDARP = 0x8953;
export const SIOCGARP = 0x8954;
export const SIOCSARP = 0x8955;
export const SIOCBRADDBR = 0x89a0;
export const SIOCBRDELBR = 0x89a1;

/** struct ifreq: the interface, and one value of it. */
export interface IfReq {
  name: string;
  addr?: Uint8Array;
  /** For addresses of IPv6. */
  prefix?: number;
  /** Flags, MTU, metric, index or queue length. */
  value?: number;
  newName?: string;
}

/** struct rtentry; addresses of 4 or 16 bytes. */
export interface RtEntry {
  dst: Uint8Array;
  prefix: number;
  gateway?: Uint8Array;
  flags: number;
  metric: number;
  /** Interface, by name. */
  dev?: string;
}

/** struct arpreq. */
export interface ArpReq {
  addr: Uint8Array;
  flags: number;
  hwaddr?: Uint8Array;
  dev?: string;
}
