// reformime: takes a message with parts apart (RFC 2045, RFC 2046)
import { O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { Base64Decoder } from "../../lib/base64.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { execOrDie, exitStatus, waitpid } from "../../libc/spawn.ts";
import { readAll, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice } from "../libbb/device.ts";

const MESSAGE_MAX = 64 << 20;
const DEPTH_MAX = 20;

interface Target {
  /** What files are named after, or the program that gets the parts. */
  prefix: string;
  program: readonly string[] | undefined;
}

/** Header lines, continued ones joined, by lower-case name; and what follows them. */
function split(text: string): [headers: Map<string, string>, body: string] {
  const end = /(?:^|\n)\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const body = end === null ? "" : text.slice(end.index + end[0].length);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const [, name, value = ""] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers.set(name.toLowerCase(), value);
  }
  return [headers, body];
}

/** `; name=value` of a header's value. */
function parameter(value: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]*))`, "i").exec(value);
  return found === null ? undefined : (found[1] ?? found[2]);
}

function* deliver(
  p: Process,
  how: Target,
  name: string,
  bytes: Uint8Array,
  type: string,
): Steps<number> {
  const { sys } = p;
  if (how.program === undefined) {
    const fd = yield* openDevice(p, how.prefix + name, O_WRONLY | O_CREAT | O_TRUNC);
    yield* writeAll(sys, fd, bytes);
    sys.close(fd);
    return 0;
  }
  const { program } = how;
  const [from, to] = sys.pipe2(0);
  const envp = [...p.environ(), `CONTENT_TYPE=${type}`, `FILENAME=${name}`];
  const child = sys.fork(function* (own) {
    own.dup2(from, 0);
    own.close(from);
    own.close(to);
    return yield* execOrDie(p, program, own, envp);
  });
  sys.close(from);
  yield* writeAll(sys, to, bytes);
  sys.close(to);
  return exitStatus(yield* waitpid(sys, child));
}

function* parse(p: Process, how: Target, text: string, depth: number): Steps<number> {
  const [headers, body] = split(text);
  const type = headers.get("content-type") ?? "text/plain";
  const kind = type.split(";")[0]?.trim().toLowerCase() ?? "";
  const boundary = parameter(type, "boundary");
  if (kind.startsWith("multipart/") && boundary !== undefined && depth < DEPTH_MAX) {
    const mark = `\n--${boundary}`;
    const all = `\n${body}`;
    for (let at = all.indexOf(mark); at >= 0; ) {
      const start = at + mark.length;
      if (all.startsWith("--", start)) break;
      const line = all.indexOf("\n", start);
      const next = line < 0 ? -1 : all.indexOf(mark, line);
      if (line < 0) break;
      const part = all.slice(line + 1, next < 0 ? undefined : next + 1);
      const status = yield* parse(p, how, part, depth + 1);
      if (status !== 0) return status;
      at = next;
    }
    return 0;
  }
  const encoding = headers.get("content-transfer-encoding")?.toLowerCase() ?? "7bit";
  let bytes = bytesOf(body);
  if (encoding === "base64") bytes = new Base64Decoder().decode(bytes);
  else if (!["7bit", "8bit", "binary"].includes(encoding))
    p.usageError(`encoding '${encoding}' not supported`);
  const given = parameter(headers.get("content-disposition") ?? "", "filename");
  const { sec, nsec } = p.sys.clock_gettime(0);
  const name =
    (given ?? "").split("/").at(-1) || `${sec}${Math.floor(nsec / 1000)}.${p.sys.getpid()}`;
  return yield* deliver(p, how, name, bytes, kind);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+x:X");
  const program = opt.has("X") ? opt.operands : undefined;
  if (program?.length === 0) p.usageError();
  const text = strOf(yield* readAll(p.sys, 0, MESSAGE_MAX));
  return yield* parse(p, { prefix: opt.get("x") ?? "", program }, text, 0);
}

export const reformime: Applet = {
  name: "reformime",
  path: "/bin/reformime",
  usage: `[-x PREFIX | -X PROG ARGS]

Take the message that stdin has apart

	-x PREFIX	Each part into a file whose name begins so
	-X PROG	Each part to a PROG of its own, with $CONTENT_TYPE and $FILENAME
`,
  main,
};
