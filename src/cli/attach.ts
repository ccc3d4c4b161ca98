// bivy attach: another console of a machine that `bivy boot --name NAME` runs, on this terminal.
import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Computer } from "../machine/computer.ts";
import { UsageError } from "./options.ts";

/** What a connection begins with: "tty2 24 80\n". */
const HELLO = /^tty([1-6]) (\d{1,4}) (\d{1,4})\n/;
/** Control-]: the terminal is given back, the machine goes on. */
const ESCAPE = 0x1d;

/** Where the machine of a name is reached: in a folder that is its user's alone. */
function socketPath(name: string): string {
  if (!/^[A-Za-z0-9][\w.-]{0,62}$/.test(name)) throw new UsageError(`invalid name: '${name}'`);
  const folder = process.env["XDG_RUNTIME_DIR"] ?? join(tmpdir(), `bivy-${userInfo().username}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== userInfo().uid || (mode & 0o077) !== 0) {
    throw new UsageError(`${folder} is open to others: remove it, or set XDG_RUNTIME_DIR`);
  }
  return join(folder, `bivy-${name}.sock`);
}

/** Somebody has come to look at a console: his keys go in, what it shows goes out. */
function serve(computer: Computer, socket: Socket): void {
  let head = Buffer.alloc(0);
  let detach: (() => void) | undefined;
  socket.on("error", () => socket.destroy());
  socket.on("close", () => detach?.());
  socket.on("data", (chunk: Buffer) => {
    let keys = chunk;
    if (detach === undefined) {
      head = Buffer.concat([head, chunk]);
      const match = HELLO.exec(head.toString("latin1"));
      if (match === null) {
        if (head.length > 64) socket.destroy();
        return;
      }
      const screen = computer.virtualConsoles[Number(match[1]) - 1];
      if (screen === undefined) return;
      screen.tty.hostResize(Number(match[2]), Number(match[3]));
      socket.on("drain", () => screen.tty.hostDrained());
      detach = screen.attach({
        write: (bytes) => socket.write(bytes),
        resumeInput: () => socket.resume(),
      });
      keys = head.subarray(match[0].length);
      socket.removeAllListeners("data");
      socket.on("data", (more: Buffer) => {
        if (!screen.tty.hostInput(new Uint8Array(more))) socket.pause();
      });
      if (keys.length > 0) screen.tty.hostInput(new Uint8Array(keys));
    }
  });
}

/** Lets others attach to a machine; call the answer when it is off. */
export function offerConsoles(computer: Computer, name: string): () => void {
  const path = socketPath(name);
  const server = createServer((socket) => serve(computer, socket));
  const refuse = (why: string): void => {
    process.stderr.write(`bivy: consoles cannot be attached to: ${why}\r\n`);
  };
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") return refuse(error.message);
    // Of a machine that runs, or left by one that was killed?
    const probe = createConnection(path, () => {
      probe.destroy();
      refuse("a machine of this name runs");
    });
    probe.on("error", () => {
      rmSync(path, { force: true });
      server.listen(path);
    });
  });
  server.on("listening", () => chmodSync(path, 0o600));
  server.listen(path);
  server.unref();
  return () => {
    if (server.listening) rmSync(path, { force: true });
    server.close();
  };
}

/** `bivy attach NAME [ttyN]`. */
export function attachCommand(words: readonly string[], help: string): Promise<number> {
  const [name, tty = "tty1", ...more] = words;
  if (name === "--help") {
    process.stdout.write(help);
    return Promise.resolve(0);
  }
  if (name === undefined || more.length > 0 || !/^tty[1-6]$/.test(tty))
    throw new UsageError("'bivy attach' wants the name of a machine, and tty1 to tty6");
  const { stdin, stdout } = process;
  const socket = createConnection(socketPath(name));
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
      socket.end();
      resolve(0);
    };
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const gone = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      reject(new UsageError(gone ? `no machine of the name '${name}' runs` : error.message));
    });
    socket.on("connect", () => {
      socket.write(`${tty} ${stdout.rows ?? 24} ${stdout.columns ?? 80}\n`);
      if (stdin.isTTY) stdin.setRawMode(true);
      stdin.on("data", (chunk: Buffer) => {
        const end = chunk.indexOf(ESCAPE);
        if (end < 0) socket.write(chunk);
        else {
          socket.write(chunk.subarray(0, end));
          leave();
        }
      });
      stdin.on("end", leave);
    });
    socket.on("data", (chunk) => stdout.write(chunk));
    socket.on("close", leave);
  });
}
