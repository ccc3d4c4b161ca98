// errno: one frozen instance per error number of Linux (asm-generic/errno.h, which riscv64 uses).

/**
 * A failed system call. There is one instance per number, made once, so throwing is cheap and
 * errors compare by identity; the stack says nothing by design.
 */
export class Errno extends Error {
  /** Positive errno number, as in the C headers. */
  readonly errno: number;
  /** The symbolic name, for example "ENOENT". */
  readonly code: string;

  constructor(code: string, errno: number) {
    super(code);
    this.name = "Errno";
    this.code = code;
    this.errno = errno;
  }
}

function make(code: string, errno: number): Errno {
  // No stack is captured (V8 reads stackTraceLimit; elsewhere the assignment is harmless).
  const v8 = Error as { stackTraceLimit?: number };
  const limit = v8.stackTraceLimit;
  v8.stackTraceLimit = 0;
  const made = Object.freeze(new Errno(code, errno));
  if (limit === undefined) delete v8.stackTraceLimit;
  else v8.stackTraceLimit = limit;
  return made;
}

export const EPERM: Errno = make("EPERM", 1);
export const ENOENT: Errno = make("ENOENT", 2);
export const ESRCH: Errno = make("ESRCH", 3);
export const EINTR: Errno = make("EINTR", 4);
export const EIO: Errno = make("EIO", 5);
export const ENXIO: Errno = make("ENXIO", 6);
export const E2BIG: Errno = make("E2BIG", 7);
export const ENOEXEC: Errno = make("ENOEXEC", 8);
export const EBADF: Errno = make("EBADF", 9);
export const ECHILD: Errno = make("ECHILD", 10);
export const EAGAIN: Errno = make("EAGAIN", 11);
export const ENOMEM: Errno = make("ENOMEM", 12);
export const EACCES: Errno = make("EACCES", 13);
export const EFAULT: Errno = make("EFAULT", 14);
export const ENOTBLK: Errno = make("ENOTBLK", 15);
export const EBUSY: Errno = make("EBUSY", 16);
export const EEXIST: Errno = make("EEXIST", 17);
export const EXDEV: Errno = make("EXDEV", 18);
export const ENODEV: Errno = make("ENODEV", 19);
export const ENOTDIR: Errno = make("ENOTDIR", 20);
export const EISDIR: Errno = make("EISDIR", 21);
export const EINVAL: Errno = make("EINVAL", 22);
export const ENFILE: Errno = make("ENFILE", 23);
export const EMFILE: Errno = make("EMFILE", 24);
export const ENOTTY: Errno = make("ENOTTY", 25);
export const ETXTBSY: Errno = make("ETXTBSY", 26);
export const EFBIG: Errno = make("EFBIG", 27);
export const ENOSPC: Errno = make("ENOSPC", 28);
export const ESPIPE: Errno = make("ESPIPE", 29);
export const EROFS: Errno = make("EROFS", 30);
export const EMLINK: Errno = make("EMLINK", 31);
export const EPIPE: Errno = make("EPIPE", 32);
export const EDOM: Errno = make("EDOM", 33);
export const ERANGE: Errno = make("ERANGE", 34);
export const EDEADLK: Errno = make("EDEADLK", 35);
export const ENAMETOOLONG: Errno = make("ENAMETOOLONG", 36);
export const ENOLCK: Errno = make("ENOLCK", 37);
export const ENOSYS: Errno = make("ENOSYS", 38);
export const ENOTEMPTY: Errno = make("ENOTEMPTY", 39);
export const ELOOP: Errno = make("ELOOP", 40);
export const ENOMSG: Errno = make("ENOMSG", 42);
export const EIDRM: Errno = make("EIDRM", 43);
export const ENOSTR: Errno = make("ENOSTR", 60);
export const ENODATA: Errno = make("ENODATA", 61);
export const ETIME: Errno = make("ETIME", 62);
export const ENOLINK: Errno = make("ENOLINK", 67);
export const EPROTO: Errno = make("EPROTO", 71);
export const EBADMSG: Errno = make("EBADMSG", 74);
export const EOVERFLOW: Errno = make("EOVERFLOW", 75);
export const EILSEQ: Errno = make("EILSEQ", 84);
export const EUSERS: Errno = make("EUSERS", 87);
export const ENOTSOCK: Errno = make("ENOTSOCK", 88);
export const EDESTADDRREQ: Errno = make("EDESTADDRREQ", 89);
export const EMSGSIZE: Errno = make("EMSGSIZE", 90);
export const EPROTOTYPE: Errno = make("EPROTOTYPE", 91);
export const ENOPROTOOPT: Errno = make("ENOPROTOOPT", 92);
export const EPROTONOSUPPORT: Errno = make("EPROTONOSUPPORT", 93);
export const ESOCKTNOSUPPORT: Errno = make("ESOCKTNOSUPPORT", 94);
export const EOPNOTSUPP: Errno = make("EOPNOTSUPP", 95);
export const EPFNOSUPPORT: Errno = make("EPFNOSUPPORT", 96);
export const EAFNOSUPPORT: Errno = make("EAFNOSUPPORT", 97);
export const EADDRINUSE: Errno = make("EADDRINUSE", 98);
export const EADDRNOTAVAIL: Errno = make("EADDRNOTAVAIL", 99);
export const ENETDOWN: Errno = make("ENETDOWN", 100);
export const ENETUNREACH: Errno = make("ENETUNREACH", 101);
export const ENETRESET: Errno = make("ENETRESET", 102);
export const ECONNABORTED: Errno = make("ECONNABORTED", 103);
export const ECONNRESET: Errno = make("ECONNRESET", 104);
export const ENOBUFS: Errno = make("ENOBUFS", 105);
export const EISCONN: Errno = make("EISCONN", 106);
export const ENOTCONN: Errno = make("ENOTCONN", 107);
export const ESHUTDOWN: Errno = make("ESHUTDOWN", 108);
export const ETOOMANYREFS: Errno = make("ETOOMANYREFS", 109);
export const ETIMEDOUT: Errno = make("ETIMEDOUT", 110);
export const ECONNREFUSED: Errno = make("ECONNREFUSED", 111);
export const EHOSTDOWN: Errno = make("EHOSTDOWN", 112);
export const EHOSTUNREACH: Errno = make("EHOSTUNREACH", 113);
export const EALREADY: Errno = make("EALREADY", 114);
export const EINPROGRESS: Errno = make("EINPROGRESS", 115);
export const ESTALE: Errno = make("ESTALE", 116);
export const EUCLEAN: Errno = make("EUCLEAN", 117);
export const EREMOTEIO: Errno = make("EREMOTEIO", 121);
export const EDQUOT: Errno = make("EDQUOT", 122);
export const ENOMEDIUM: Errno = make("ENOMEDIUM", 123);
export const EMEDIUMTYPE: Errno = make("EMEDIUMTYPE", 124);
export const ECANCELED: Errno = make("ECANCELED", 125);
export const ENOKEY: Errno = make("ENOKEY", 126);
export const EKEYREJECTED: Errno = make("EKEYREJECTED", 129);
export const EOWNERDEAD: Errno = make("EOWNERDEAD", 130);
export const ENOTRECOVERABLE: Errno = make("ENOTRECOVERABLE", 131);
export const EWOULDBLOCK: Errno = EAGAIN;
export const ENOTSUP: Errno = EOPNOTSUPP;
