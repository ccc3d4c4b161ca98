// The Uplink of a machine that runs in Node: node:net, node:tls, node:dgram and node:dns, loaded at first use.
import type { RemoteInfo, Socket as UdpSocket } from "node:dgram";
import type { Server, Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import * as errno from "../../abi/errno.ts";
import type { TlsHandshake, TlsInfo } from "../../abi/socket.ts";
import type { Uplink, UplinkDatagrams, UplinkHandler, UplinkSocket } from "../../kernel/host.ts";
import type { DnsRecord } from "../../lib/dns.ts";
import { addressBytes, addressText } from "./address.ts";
import { lookup } from "./resolver.ts";

/** Bytes of datagrams that wait for the host's network; more are dropped. */
const DATAGRAM_BYTES = 4 * 1024 * 1024;
/** Sets of certificate authorities that are kept parsed. */
const CONTEXTS_MAX = 4;

/** As errnoOf for sockets: what Linux would say. */
function socketErrno(error: unknown): errno.Errno {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known = (errno as Record<string, unknown>)[code ?? ""];
  return known instanceof errno.Errno ? known : errno.EIO;
}

const plainBytes = (chunk: Uint8Array): Uint8Array =>
  new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);

/** Parsed certificate authorities by their text: reading a whole bundle takes longer than a handshake. */
class Contexts {
  readonly #kept = new Map<string, SecureContext>();

  of(options: TlsHandshake): SecureContext {
    const { createHash } = process.getBuiltinModule("node:crypto");
    const { createSecureContext } = process.getBuiltinModule("node:tls");
    const hash = createHash("sha256");
    for (const part of [options.ca, options.cert, options.key])
      hash.update(part === undefined ? "-" : `${part.length}:`).update(part ?? "");
    const id = hash.digest("hex");
    let context = this.#kept.get(id);
    if (context === undefined) {
      const text = (pem: Uint8Array): Buffer => Buffer.from(pem);
      context = createSecureContext({
        ...(options.ca === undefined ? {} : { ca: text(options.ca) }),
        ...(options.cert === undefined ? {} : { cert: text(options.cert) }),
        ...(options.key === undefined ? {} : { key: text(options.key) }),
      });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= CONTEXTS_MAX && oldest !== undefined) this.#kept.delete(oldest);
      this.#kept.set(id, context);
    }
    return context;
  }
}

/** Why a handshake failed: which errno, and in words. */
function tlsFailure(error: NodeJS.ErrnoException): { errno: errno.Errno; message: string } {
  const code = error.code ?? "";
  const { reason } = error as { reason?: string };
  const names = /altnames: (.*)$/.exec(reason ?? "")?.[1];
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return {
      errno: errno.EKEYREJECTED,
      message: `certificate is for another host${names === undefined ? "" : ` (${names})`}`,
    };
  if (/^ERR_SSL_|^EPROTO$/.test(code)) {
    const why = reason ?? code.slice(8).toLowerCase().replaceAll("_", " ");
    return { errno: errno.EPROTO, message: why || error.message };
  }
  const known = (errno as Record<string, unknown>)[code];
  if (known instanceof errno.Errno)
    return {
      errno: known,
      message: code === "ECONNRESET" ? "the connection was closed in the handshake" : error.message,
    };
  if (code.startsWith("ERR_")) return { errno: errno.EINVAL, message: error.message };
  // What OpenSSL says of certificates: CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT …
  return { errno: errno.EKEYREJECTED, message: error.message };
}

/** One TCP connection. */
class NodeConnection implements UplinkSocket {
  #socket: Socket;
  readonly #contexts: Contexts;
  handler: UplinkHandler | undefined;
  #error: errno.Errno | undefined;
  #paused = false;
  /** What is below TLS. */
  #raw: Socket | undefined;
  /** A handshake decides what happens. */
  #upgrading = false;

  constructor(socket: Socket, contexts: Contexts, handler?: UplinkHandler) {
    this.#socket = socket;
    this.#contexts = contexts;
    this.handler = handler;
    socket.setNoDelay(true);
    socket.on("connect", () => this.handler?.connected());
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk: Uint8Array) => this.handler?.data(plainBytes(chunk)));
    socket.on("drain", () => this.handler?.drained());
    socket.on("end", () => this.handler?.ended());
    socket.on("error", (error) => {
      this.#error ??= socketErrno(error);
    });
    socket.on("close", () => {
      if (!this.#upgrading) this.handler?.closed(this.#error);
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded || this.#socket.write(bytes);
  }
  end(): void {
    this.#socket.end();
  }
  destroy(): void {
    this.handler = undefined;
    const socket = this.#socket;
    socket.on("error", () => {});
    // Who is connected without TLS is told by a reset; but libuv cannot do that after an end.
    const plain = this.#raw === undefined && !socket.connecting && !socket.writableEnded;
    if (plain && !socket.destroyed) socket.resetAndDestroy();
    else socket.destroy();
    this.#raw?.destroy();
  }
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }
  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  startTls(...[options, received, done]: Parameters<UplinkSocket["startTls"]>): void {
    const raw = this.#socket;
    let secure: TLSSocket;
    const finish = (result: TlsInfo | { errno: errno.Errno; message: string }): void => {
      if (!this.#upgrading) return;
      this.#upgrading = false;
      done(result);
    };
    this.#upgrading = true;
    this.#raw = raw;
    raw.removeAllListeners();
    raw.pause();
    for (const chunk of [...received].reverse()) raw.unshift(chunk);
    try {
      const { connect, checkServerIdentity } = process.getBuiltinModule("node:tls");
      const { isIP } = process.getBuiltinModule("node:net");
      const name = options.servername;
      secure = connect({
        socket: raw,
        secureContext: this.#contexts.of(options),
        rejectUnauthorized: options.verify,
        ALPNProtocols: ["http/1.1"],
        checkServerIdentity: (_host, cert) =>
          options.verify ? checkServerIdentity(name, cert) : undefined,
        ...(isIP(name) === 0 ? { servername: name } : {}),
      });
    } catch (error) {
      raw.on("error", () => {});
      setImmediate(() => finish(tlsFailure(error as NodeJS.ErrnoException)));
      return;
    }
    this.#socket = secure;
    secure.once("secureConnect", () => {
      if (this.#paused) secure.pause();
      finish({ version: secure.getProtocol() ?? "", cipher: secure.getCipher().name });
    });
    secure.once("error", (error: NodeJS.ErrnoException) => finish(tlsFailure(error)));
    secure.once("close", () =>
      finish({ errno: errno.ECONNRESET, message: "the connection was closed in the handshake" }),
    );
    this.#listen(secure);
  }
}

/** UDP. */
class NodeDatagrams implements UplinkDatagrams {
  readonly #socket: UdpSocket;
  #waiting = 0;
  #closed = false;

  constructor(
    socket: UdpSocket,
    receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void,
  ) {
    this.#socket = socket;
    socket.on("message", (bytes: Uint8Array, from: RemoteInfo) =>
      receive(plainBytes(bytes), addressBytes(from.address), from.port),
    );
    // Datagrams get lost; that is all there is to say of them.
    socket.on("error", () => {});
  }

  send(bytes: Uint8Array, addr: Uint8Array, port: number): void {
    if (this.#closed || this.#waiting + bytes.length > DATAGRAM_BYTES) return;
    this.#waiting += bytes.length;
    this.#socket.send(bytes, port, addressText(addr), () => {
      this.#waiting -= bytes.length;
    });
  }
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** Sockets of this Node process. */
export class NodeUplink implements Uplink {
  readonly #contexts = new Contexts();
  #ipv6: boolean | undefined;

  get ipv6(): boolean {
    this.#ipv6 ??= Object.values(process.getBuiltinModule("node:os").networkInterfaces()).some(
      (list) =>
        list?.some(
          (each) => each.family === "IPv6" && !each.internal && !/^f[cde]/i.test(each.address),
        ),
    );
    return this.#ipv6;
  }

  connect(addr: Uint8Array, port: number, handler: UplinkHandler): UplinkSocket {
    const { connect } = process.getBuiltinModule("node:net");
    // A server's end does not end what the guest still has to say.
    const socket = connect({ host: addressText(addr), port, allowHalfOpen: true });
    return new NodeConnection(socket, this.#contexts, handler);
  }

  listen(...[address, port, accept, ready]: Parameters<Uplink["listen"]>): { close(): void } {
    const { createServer } = process.getBuiltinModule("node:net");
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = new NodeConnection(socket, this.#contexts);
      connection.handler = accept(connection, addressBytes(socket.remoteAddress ?? "::"));
      if (connection.handler === undefined) connection.destroy();
    });
    server.once("error", (error) => ready(socketErrno(error), 0));
    server.listen({ port, ...(address === "" ? {} : { host: address }) }, () => {
      server.on("error", () => {});
      const bound = server.address();
      ready(undefined, typeof bound === "object" && bound !== null ? bound.port : port);
    });
    return { close: () => server.close() };
  }

  datagrams(
    family: 4 | 6,
    receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void,
  ): UplinkDatagrams {
    const { createSocket } = process.getBuiltinModule("node:dgram");
    return new NodeDatagrams(createSocket(family === 4 ? "udp4" : "udp6"), receive);
  }

  bindDatagrams(
    ...[address, port, receive, ready]: Parameters<Uplink["bindDatagrams"]>
  ): UplinkDatagrams {
    const { createSocket } = process.getBuiltinModule("node:dgram");
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.once("error", (error) => ready(socketErrno(error), 0));
    socket.bind({ port, ...(address === "" ? {} : { address }) }, () =>
      ready(undefined, socket.address().port),
    );
    return new NodeDatagrams(socket, receive);
  }

  lookup(
    name: string,
    type: number,
    done: (rcode: number, answers: readonly DnsRecord[]) => void,
  ): void {
    lookup(name, type).then(
      ({ rcode, answers }) => done(rcode, answers),
      (error: unknown) => {
        throw error;
      },
    );
  }
}
