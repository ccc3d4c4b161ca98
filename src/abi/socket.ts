// sys/socket.h, sys/un.h, netinet/in.h: families, types, options, addresses as values.
export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_BROADCAST = 6;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_BINDTODEVICE = 25;
export const SO_ACCEPTCONN = 30;
export const SO_DOMAIN = 39;
export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_ICMPV6 = 58;
export const TCP_NODELAY = 1;
/** Upper layer protocol of a connected TCP socket: "tls". */
export const TCP_ULP = 31;
export const SOL_TLS = 282;
/**
 * Ours (Linux leaves the handshake to user space): performs it as a client on a socket whose ULP is
 * "tls"; value {@link TlsHandshake}. Blocks; afterwards reads and writes are plain text.
 * EKEYREJECTED: the server's certificate is not to be trusted; EPROTO: any other failure of TLS.
 */
export const TLS_HANDSHAKE = 100;
/** Ours: why the handshake failed, as text; "" when it did not. */
export const TLS_ERROR = 101;
/** Ours: what was agreed upon; value {@link TlsInfo}. */
export const TLS_INFO = 102;
export const IPV6_V6ONLY = 26;

export const MSG_OOB = 1;
export const MSG_PEEK = 2;
export const MSG_CTRUNC = 8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;
export const SOMAXCONN = 128;

/** AF_UNIX: `path` is a file path, "\0name" an abstract name, "" unnamed. */
export interface SockAddrUn {
  family: typeof AF_UNIX;
  path: string;
}
/** AF_INET: `addr` has 4 bytes. */
export interface SockAddrIn {
  family: typeof AF_INET;
  addr: Uint8Array;
  port: number;
}
/** AF_INET6: `addr` has 16 bytes. */
export interface SockAddrIn6 {
  family: typeof AF_INET6;
  addr: Uint8Array;
  port: number;
  scopeId: number;
}
/** AF_NETLINK: `pid` 0 is the kernel. */
export interface SockAddrNl {
  family: typeof AF_NETLINK;
  pid: number;
  groups: number;
}
export type SockAddr = SockAddrUn | SockAddrIn | SockAddrIn6 | SockAddrNl;

/** SO_PEERCRED and SCM_CREDENTIALS. */
export interface UCred {
  pid: number;
  uid: number;
  gid: number;
}

/** The value of TLS_HANDSHAKE. Certificates and keys are PEM. */
export interface TlsHandshake {
  /** The server's name or address: sent to it (a name) and compared with its certificate. */
  servername: string;
  /** False takes any certificate. */
  verify: boolean;
  /** Who may have signed; undefined: the authorities that the host trusts. */
  ca?: Uint8Array;
  /** For servers that want to know the client. */
  cert?: Uint8Array;
  key?: Uint8Array;
}

/** What TLS_INFO tells. */
export interface TlsInfo {
  /** "TLSv1.3" */
  version: string;
  cipher: string;
}

/** What sendmsg(2) is given besides the bytes. */
export interface SendOptions {
  flags?: number;
  to?: SockAddr;
  /** Descriptors to pass (SCM_RIGHTS). */
  fds?: number[];
}

/** What recvmsg(2) gives. */
export interface Received {
  bytes: Uint8Array;
  from: SockAddr | undefined;
  /** Descriptors received (SCM_RIGHTS), already installed. */
  fds: number[];
  cred: UCred | undefined;
  /** MSG_TRUNC, MSG_CTRUNC. */
  flags: number;
}
