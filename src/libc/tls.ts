// TLS for programs: the handshake on a connected socket. Afterwards the descriptor carries plain text both ways.
import { Errno } from "../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import {
  IPPROTO_TCP,
  SOL_TLS,
  TCP_ULP,
  TLS_ERROR,
  TLS_HANDSHAKE,
  type TlsHandshake,
} from "../abi/socket.ts";
import { readFile } from "./unistd.ts";

/** Where a system keeps the certificates of the authorities it trusts. */
export const CA_FILE = "/etc/ssl/cert.pem";
/** Largest bundle that is read. */
const CA_BYTES = 16 * 1024 * 1024;

/** How to make sure of the other side. */
export interface TlsOptions {
  /** False takes any certificate; default true. */
  verify?: boolean;
  /** Authorities as PEM; default: those in {@link CA_FILE}, and without that file those the host trusts. */
  ca?: Uint8Array;
  /** A certificate of our own and its key, as PEM. */
  cert?: Uint8Array;
  key?: Uint8Array;
}

/** A handshake that failed; `message` says why ("certificate has expired"). */
export class TlsError {
  /** EKEYREJECTED: the certificate; EPROTO: anything else of TLS; or what ended the connection. */
  readonly errno: Errno;
  readonly message: string;

  constructor(errno: Errno, message: string) {
    this.errno = errno;
    this.message = message;
  }
}

/**
 * Makes a connected TCP socket speak TLS as a client. `name` is the server's: it is sent (SNI) and must
 * be in the certificate. Throws {@link TlsError}; the descriptor is of no use then but to be closed.
 * SO_SNDTIMEO bounds the wait.
 */
export function* tlsConnect(
  sys: Sys,
  fd: number,
  name: string,
  options: TlsOptions = {},
): Steps<void> {
  const { verify = true, cert, key } = options;
  let { ca } = options;
  if (ca === undefined && verify) {
    try {
      ca = yield* readFile(sys, CA_FILE, CA_BYTES);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  const handshake: TlsHandshake = {
    servername: name,
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  try {
    sys.setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls");
    const done = sys.setsockopt(fd, SOL_TLS, TLS_HANDSHAKE, handshake);
    if (isSteps(done)) yield* done;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    throw new TlsError(e, String(sys.getsockopt(fd, SOL_TLS, TLS_ERROR)) || e.code);
  }
}
