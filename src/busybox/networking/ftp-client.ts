// FTP as a client (RFC 959, RFC 2428): one command connection, passive transfers; for wget, ftpget and ftpput.
import { EAGAIN, EINPROGRESS, EINTR, Errno, ETIMEDOUT } from "../../abi/errno.ts";
import { type Blocking, isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import {
  MSG_NOSIGNAL,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../abi/socket.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { HttpError } from "../../libc/http-error.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { AddrInfoError, getaddrinfo } from "../../libc/resolv.ts";
import { strerror } from "../../libc/strerror.ts";
import { writeAll } from "../../libc/unistd.ts";

const LINE_MAX = 4096;

/** Where to, and as whom. */
export interface FtpPlace {
  host: string;
  port: number;
  /** "user:password" as in a URL; default anonymous. */
  user: string | undefined;
}

/** A session with a server. Failures are HttpErrors, as those of other transfers. */
export class FtpSession {
  readonly #sys: Sys;
  readonly #host: string;
  readonly #timeoutMs: number;
  #fd = -1;
  #addr: Uint8Array = new Uint8Array(4);
  #rest = "";
  /** Told each command and answer (-v). */
  told: ((line: string) => Steps<void>) | undefined;

  constructor(sys: Sys, host: string, timeoutMs: number) {
    this.#sys = sys;
    this.#host = host;
    this.#timeoutMs = timeoutMs;
  }

  #error(e: unknown): HttpError {
    if (!(e instanceof Errno)) throw e;
    const late = e === EAGAIN || e === EINPROGRESS || e === ETIMEDOUT;
    const reason = late ? "no answer in time" : strerror(e);
    return new HttpError(late ? "timeout" : "closed", this.#host, `${this.#host}: ${reason}`, {
      errno: e,
      reason,
    });
  }

  *#dial(port: number): Steps<number> {
    const to = sockAddr(this.#addr, port);
    const fd = this.#sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    try {
      this.#sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, this.#timeoutMs);
      this.#sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, this.#timeoutMs);
      yield* settle(this.#sys.connect(fd, to));
      return fd;
    } catch (e) {
      this.#sys.close(fd);
      if (!(e instanceof Errno)) throw e;
      const reason = strerror(e);
      throw new HttpError("connect", this.#host, `${this.#host}: ${reason}`, {
        errno: e,
        address: formatAddress(this.#addr),
        reason,
      });
    }
  }

  /** Connects and logs in. */
  *login(place: FtpPlace, announce?: (addr: Uint8Array) => Steps<void>): Steps<void> {
    try {
      this.#addr = (yield* getaddrinfo(this.#sys, place.host))[0] as Uint8Array;
    } catch (e) {
      if (!(e instanceof AddrInfoError)) throw e;
      throw new HttpError("resolve", place.host, `${place.host}: ${e.message}`);
    }
    if (announce) yield* announce(this.#addr);
    this.#fd = yield* this.#dial(place.port);
    yield* this.#expect("", [220], "");
    const [user = "anonymous", password = "busybox@"] = (place.user ?? "anonymous").split(":");
    const status = yield* this.#expect("USER", [230, 331], user);
    if (status.code === 331) yield* this.#expect("PASS", [230], password);
    yield* this.command("TYPE", "I");
  }

  /** Sends a command; its answer, whatever it says. */
  *command(word: string, argument = ""): Steps<{ code: number; text: string }> {
    if (word !== "") {
      const line = argument === "" ? word : `${word} ${argument.replace(/[\r\n]/g, "?")}`;
      if (this.told) yield* this.told(line);
      const bytes = bytesOf(`${line}\r\n`);
      try {
        yield* settle(this.#sys.sendmsg(this.#fd, bytes, { flags: MSG_NOSIGNAL }));
      } catch (e) {
        throw this.#error(e);
      }
    }
    for (;;) {
      const line = yield* this.#line();
      if (this.told) yield* this.told(line);
      if (/^[0-9]{3} /.test(line)) return { code: Number(line.slice(0, 3)), text: line };
    }
  }

  *#line(): Steps<string> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end).replace(/\r$/, "");
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      if (this.#rest.length > LINE_MAX)
        throw new HttpError("protocol", this.#host, `${this.#host}: no FTP`);
      let bytes: Blocking<Uint8Array>;
      try {
        bytes = this.#sys.read(this.#fd, LINE_MAX);
        if (isSteps(bytes)) bytes = yield* bytes;
      } catch (e) {
        if (e === EINTR) continue;
        throw this.#error(e);
      }
      if (bytes.length === 0)
        throw new HttpError("closed", this.#host, `${this.#host}: the connection was closed`);
      this.#rest += strOf(bytes);
    }
  }

  *#expect(
    word: string,
    codes: readonly number[],
    argument: string,
  ): Steps<{ code: number; text: string }> {
    const answer = yield* this.command(word, argument);
    if (codes.includes(answer.code)) return answer;
    throw new HttpError(
      "proxy",
      this.#host,
      `unexpected server response to ${word || "connect"}: ${answer.text}`,
    );
  }

  /** A data connection for the next transfer (EPSV, else PASV; the address is that of the server). */
  *passive(): Steps<number> {
    const extended = yield* this.command("EPSV");
    const port = /\(\|\|\|([0-9]+)\|\)/.exec(extended.text)?.[1];
    if (extended.code === 229 && port !== undefined) return yield* this.#dial(Number(port));
    const answer = yield* this.#expect("PASV", [227], "");
    const m = /([0-9]+),([0-9]+)\)?[^0-9]*$/.exec(answer.text);
    if (m === null) throw new HttpError("protocol", this.#host, `${this.#host}: ${answer.text}`);
    return yield* this.#dial(Number(m[1]) * 256 + Number(m[2]));
  }

  /** Starts a transfer. */
  *transfer(word: "RETR" | "STOR" | "LIST", path: string): Steps<void> {
    yield* this.#expect(word, [125, 150], path);
  }

  /** The end of a transfer. */
  *done(): Steps<void> {
    yield* this.#expect("", [226, 250], "");
    yield* this.command("QUIT");
    this.#sys.close(this.#fd);
  }

  /** Bytes of a data connection; none at its end. */
  read(fd: number, max: number): Steps<Uint8Array> {
    const self = this;
    return (function* (): Steps<Uint8Array> {
      for (;;) {
        try {
          return yield* settle(self.#sys.read(fd, max));
        } catch (e) {
          if (e !== EINTR) throw self.#error(e);
        }
      }
    })();
  }

  *write(fd: number, bytes: Uint8Array): Steps<void> {
    try {
      yield* writeAll(this.#sys, fd, bytes);
    } catch (e) {
      throw this.#error(e);
    }
  }
}

/** A file under way. */
export interface FtpFile {
  readonly length: number | undefined;
  /** The server goes on where it was asked to. */
  readonly resumed: boolean;
  read(max: number): Blocking<Uint8Array>;
  /** Says goodbye. */
  finish(): Steps<void>;
}

/** Asks for a file, from a byte on. */
export function* ftpRetrieve(
  sys: Sys,
  place: FtpPlace & { path: string },
  from: number,
  timeoutMs: number,
  announce: (addr: Uint8Array) => Steps<void>,
): Steps<FtpFile> {
  const session = new FtpSession(sys, place.host, timeoutMs);
  yield* session.login(place, announce);
  const path = place.path.slice(1);
  const size = yield* session.command("SIZE", path);
  const total = size.code === 213 ? Number(size.text.slice(4)) : Number.NaN;
  const data = yield* session.passive();
  const resumed = from > 0 && (yield* session.command("REST", String(from))).code === 350;
  yield* session.transfer("RETR", path);
  return {
    length: Number.isNaN(total) ? undefined : total - (resumed ? from : 0),
    resumed,
    read: (max) => session.read(data, max),
    *finish(): Steps<void> {
      sys.close(data);
      yield* session.done();
    },
  };
}
