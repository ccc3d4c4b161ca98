// ftpget, ftpput: one file by FTP (RFC 959)
import { O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { HttpError } from "../../libc/http-error.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { open, tryStat, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { FtpSession } from "../networking/ftp-client.ts";

const CHUNK = 65536;
const TIMEOUT_MS = 900_000;

function* openFile(p: Process, path: string, flags: number): Steps<number> {
  if (path === "-") return (flags & O_WRONLY) !== 0 ? 1 : 0;
  try {
    return yield* settle(open(p.sys, path, flags, 0o666));
  } catch (e) {
    return dieErrno(`can't open '${path}'`, e);
  }
}

function* get(
  p: Process,
  session: FtpSession,
  opt: Options,
  local: string,
  remote: string,
): Steps<void> {
  const from = opt.has("c") && local !== "-" ? (tryStat(p.sys, local)?.size ?? 0) : 0;
  const data = yield* session.passive();
  const resumed = from > 0 && (yield* session.command("REST", String(from))).code === 350;
  yield* session.transfer("RETR", remote);
  const out = yield* openFile(p, local, O_WRONLY | O_CREAT | (resumed ? O_APPEND : O_TRUNC));
  for (;;) {
    const bytes = yield* session.read(data, CHUNK);
    if (bytes.length === 0) break;
    yield* writeAll(p.sys, out, bytes);
  }
  p.sys.close(data);
}

function* put(p: Process, session: FtpSession, local: string, remote: string): Steps<void> {
  const from = yield* openFile(p, local, O_RDONLY);
  const data = yield* session.passive();
  yield* session.transfer("STOR", remote);
  for (;;) {
    const bytes = yield* settle(p.sys.read(from, CHUNK));
    if (bytes.length === 0) break;
    yield* session.write(data, bytes);
  }
  p.sys.close(data);
}

function* main(p: Process): Steps<number> {
  const getting = p.progname === "ftpget";
  const opt = getopt(p, "cvu:p:P:", {
    min: 2,
    max: 3,
    long: { continue: "c", verbose: "v", username: "u", password: "p", port: "P" },
  });
  const [host = "", first = "", second = first] = opt.operands;
  const [local, remote] = getting ? [first, second] : [second, first];
  const session = new FtpSession(p.sys, host, TIMEOUT_MS);
  if (opt.has("v")) {
    session.told = function* (line): Steps<void> {
      const w = p.stderr.puts(`${line}\n`);
      if (w) yield* w;
    };
  }
  const user = opt.get("u");
  try {
    yield* session.login({
      host,
      port: opt.has("P") ? xatou(opt.get("P") as string) : 21,
      user: user === undefined ? undefined : `${user}:${opt.get("p") ?? ""}`,
    });
    if (getting) yield* get(p, session, opt, local, remote);
    else yield* put(p, session, local, remote);
    yield* session.done();
  } catch (e) {
    if (!(e instanceof HttpError)) throw e;
    die(
      e.kind === "resolve"
        ? `bad address '${host}'`
        : e.kind === "connect"
          ? `can't connect to remote host (${e.address}): ${e.reason}`
          : e.message,
    );
  }
  return 0;
}

const usage = (files: string, what: string): string => `[OPTIONS] HOST ${files}

${what}

	-v	Show what is said
	-u USER	User
	-p PASS	Password
	-P PORT	Port
`;

export const ftpget: Applet = {
  name: "ftpget",
  path: "/usr/bin/ftpget",
  usage: usage(
    "[LOCAL_FILE] REMOTE_FILE",
    "Get a file by FTP\n\n	-c	Go on where an earlier try ended",
  ),
  main,
};
export const ftpput: Applet = {
  name: "ftpput",
  path: "/usr/bin/ftpput",
  usage: usage("[REMOTE_FILE] LOCAL_FILE", "Store a file by FTP"),
  main,
};
