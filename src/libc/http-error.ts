// What can go wrong while a URL is fetched.
import type { Errno } from "../abi/errno.ts";

/**
 * resolve: the host's name has no address; connect: nobody answers there, or it may not be reached;
 * tls: the other side is not who it should be; timeout: silence; closed: the connection ended early;
 * protocol: what came is no HTTP; proxy: the proxy did not let us through; redirects: too many; url: no
 * URL of HTTP.
 */
export type HttpErrorKind =
  | "url"
  | "resolve"
  | "connect"
  | "tls"
  | "timeout"
  | "closed"
  | "protocol"
  | "proxy"
  | "redirects";

/** A request that failed. `message` names the host and says what happened. */
export class HttpError {
  readonly kind: HttpErrorKind;
  /** The server or proxy. */
  readonly host: string;
  readonly message: string;
  /** Why, where a system call said it. */
  readonly errno: Errno | undefined;
  /** The address that was tried, as text. */
  readonly address: string | undefined;
  /** What happened, without the host. */
  readonly reason: string;

  constructor(
    kind: HttpErrorKind,
    host: string,
    message: string,
    more: { errno?: Errno; address?: string; reason?: string } = {},
  ) {
    this.kind = kind;
    this.host = host;
    this.message = message;
    this.errno = more.errno;
    this.address = more.address;
    this.reason = more.reason ?? message;
  }
}
