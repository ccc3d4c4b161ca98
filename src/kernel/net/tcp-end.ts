// The far end of a TCP connection that leads outside: what the guest sends goes to a connection of the
// host, what comes from there into the guest's inbox. Neither side gets further ahead than the buffers.
import { ECONNRESET, EINVAL, EOPNOTSUPP, type Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import {
  AF_INET,
  SOCK_STREAM,
  type SockAddr,
  type TlsHandshake,
  type TlsInfo,
} from "../../abi/socket.ts";
import type { UplinkHandler, UplinkSocket } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { WaitQueue } from "../wait.ts";
import { anyAddress } from "./address.ts";
import type { NetDevice } from "./device.ts";
import type { Gateway } from "./gateway.ts";
import { deadline, waitSocket } from "./sock.ts";
import { StreamSocket } from "./stream.ts";

/** After the guest has closed, what it sent has this long to leave (and the other side to close). */
const LINGER_MS = 60_000;

/** What the far end needs of the guest's socket. */
interface Near extends StreamSocket {
  established(end: StreamSocket): void;
  refused(error: Errno | undefined): void;
  broken(error: Errno | undefined): void;
}

/** The far end. */
export class RemoteEnd extends StreamSocket implements UplinkHandler {
  readonly #kernel: Kernel;
  readonly #gateway: Gateway;
  readonly #device: NetDevice;
  readonly #near: Near;
  #host: UplinkSocket | undefined;
  /** The host wants no more for now; or a handshake is going on. */
  #blocked = false;
  /** We want no more for now. */
  #paused = false;
  #guestEnded = false;
  #guestClosed = false;
  #ended = false;
  #over = false;
  #cancelLinger: (() => void) | undefined;
  /** Why TLS failed. */
  tlsError = "";
  tlsInfo: TlsInfo | undefined;

  constructor(kernel: Kernel, gateway: Gateway, device: NetDevice, near: Near) {
    super(AF_INET, SOCK_STREAM, 0);
    this.#kernel = kernel;
    this.#gateway = gateway;
    this.#device = device;
    this.#near = near;
    this.inbox.onPut = () => this.#flush();
    near.inbox.onTake = () => this.#resume();
  }

  /** Begins to connect; throws when that is forbidden. */
  reach(addr: Uint8Array, port: number): void {
    this.#host = this.#gateway.connect(addr, port, this);
  }

  /** Takes a connection that has come in. */
  attach(host: UplinkSocket): void {
    this.#host = this.#gateway.track(host);
  }

  // ---- from the guest ------------------------------------------------------------------------------

  #flush(): void {
    while (!this.#blocked && this.inbox.messages.length > 0 && this.#host !== undefined) {
      const { bytes } = this.inbox.take(Number.MAX_SAFE_INTEGER, false, false);
      this.#device.count("tx", bytes.length);
      if (!this.#host.write(bytes)) this.#blocked = true;
    }
    if (this.#guestEnded && !this.#ended && !this.#blocked && this.inbox.messages.length === 0) {
      this.#ended = true;
      this.#host?.end();
    }
  }

  override heardEnd(): void {
    this.#guestEnded = true;
    this.#flush();
  }

  protected override peerClosed(reset: boolean): void {
    this.#guestClosed = true;
    if (this.#over) return;
    if (reset) {
      this.destroy();
      return;
    }
    if (this.#paused) this.#host?.resume();
    this.#cancelLinger = this.#kernel.host.after(LINGER_MS, () => this.destroy());
  }

  #resume(): void {
    if (!this.#paused || this.#near.inbox.room < this.#near.inbox.capacity / 2) return;
    this.#paused = false;
    this.#host?.resume();
  }

  /** Ends everything at once. */
  destroy(): void {
    if (this.#over) return;
    this.#finish();
    this.#host?.destroy();
  }

  #finish(): void {
    this.#over = true;
    this.state = "closed";
    this.#cancelLinger?.();
    if (this.#host !== undefined) this.#gateway.untrack(this.#host);
    this.#handshakeQueue.wake();
  }

  // ---- from the host -------------------------------------------------------------------------------

  connected(): void {
    if (this.#over) return;
    this.#near.established(this);
  }

  data(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    this.#device.count("rx", bytes.length);
    if (this.#guestClosed) {
      // Nobody will read it: the other side is told by a reset.
      this.destroy();
      return;
    }
    const { inbox } = this.#near;
    inbox.put({ bytes, from: undefined, files: [], cred: undefined });
    if (inbox.room <= 0 && !this.#paused) {
      this.#paused = true;
      this.#host?.pause();
    }
  }

  drained(): void {
    this.#blocked = this.#shaking;
    if (!this.#over) this.#flush();
  }

  ended(): void {
    if (!this.#over) this.#near.heardEnd();
  }

  closed(error: Errno | undefined): void {
    if (this.#over) return;
    const connecting = this.#near.state === "connecting";
    if (this.#shaking && error !== undefined) this.tlsError ||= "the connection was closed";
    this.#finish();
    this.inbox.clear();
    if (connecting) this.#near.refused(error);
    else if (!this.#guestClosed) this.#near.broken(error);
  }

  // ---- TLS -----------------------------------------------------------------------------------------

  readonly #handshakeQueue = new WaitQueue();
  #shaking = false;
  #tlsErrno: Errno | undefined;

  /** Speaks TLS from now on; waits until both sides agree. */
  handshake(task: Task, options: TlsHandshake, timeoutMs: number): Steps<void> {
    if (this.tlsInfo !== undefined || this.#shaking || this.#over) throw EINVAL;
    // What nobody has read yet belongs to the handshake.
    const early: Uint8Array[] = [];
    const { inbox } = this.#near;
    while (inbox.messages.length > 0)
      early.push(inbox.take(Number.MAX_SAFE_INTEGER, false, false).bytes);
    this.#shaking = true;
    this.#blocked = true;
    this.#host?.startTls(options, early, (result) => {
      this.#shaking = false;
      this.#blocked = false;
      if ("errno" in result) {
        this.tlsError = result.message;
        this.#tlsErrno = result.errno;
      } else this.tlsInfo = result;
      this.#handshakeQueue.wake();
      if (!this.#over && this.tlsInfo !== undefined) this.#flush();
    });
    return this.#shake(task, timeoutMs);
  }

  *#shake(task: Task, timeoutMs: number): Steps<void> {
    const until = deadline(task, timeoutMs);
    while (this.#shaking && !this.#over) yield* waitSocket(task, [this.#handshakeQueue], until);
    if (this.tlsInfo !== undefined) return;
    throw this.#tlsErrno ?? this.#near.takeError() ?? ECONNRESET;
  }

  // ---- what nobody asks of this end ------------------------------------------------------------------

  override localAddress(): SockAddr {
    return anyAddress(AF_INET, 0);
  }
  override bind(): void {
    throw EOPNOTSUPP;
  }
  protected override child(): StreamSocket {
    throw EOPNOTSUPP;
  }
  protected override find(): StreamSocket | undefined {
    throw EOPNOTSUPP;
  }
  protected override autobind(): void {}
  protected override unbind(): void {}
}
