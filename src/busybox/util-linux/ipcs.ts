// ipcs, ipcrm: System V IPC (ipcs(1), ipcrm(1)). This kernel has no such calls: the tables of /proc/sysvipc are empty
// and no identifier is valid.
import { EINVAL } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";

type Kind = "q" | "m" | "s";
type Format = "" | "t" | "c" | "p" | "l" | "u";

/** Numbers that /proc/sys/kernel has in a file. */
function* limits(p: Process, name: string): Steps<string[]> {
  const text = (yield* readText(p.sys, `/proc/sys/kernel/${name}`)) ?? "";
  return text.trim().split(/\s+/);
}

function title(text: string): string {
  return `\n------ ${text} --------\n`;
}

const pad = (...columns: (readonly [text: string, width: number])[]): string =>
  `${columns.map(([text, width]) => text.padEnd(width)).join(" ")}\n`;

function* limitsOf(p: Process, kind: Kind): Steps<string> {
  if (kind === "q") {
    const [queues] = yield* limits(p, "msgmni");
    const [message] = yield* limits(p, "msgmax");
    const [bytes] = yield* limits(p, "msgmnb");
    return (
      title("Messages: Limits") +
      `max queues system wide = ${queues}\n` +
      `max size of message (bytes) = ${message}\n` +
      `default max size of queue (bytes) = ${bytes}\n`
    );
  }
  if (kind === "m") {
    const [segments] = yield* limits(p, "shmmni");
    const [size = "0"] = yield* limits(p, "shmmax");
    const [pages] = yield* limits(p, "shmall");
    return (
      title("Shared Memory Limits") +
      `max number of segments = ${segments}\n` +
      `max seg size (kbytes) = ${BigInt(size) / 1024n}\n` +
      `max total shared memory (pages) = ${pages}\n` +
      "min seg size (bytes) = 1\n"
    );
  }
  const [each, all, operations, arrays] = yield* limits(p, "sem");
  return (
    title("Semaphore Limits") +
    `max number of arrays = ${arrays}\n` +
    `max semaphores per array = ${each}\n` +
    `max semaphores system wide = ${all}\n` +
    `max ops per semop call = ${operations}\n` +
    "semaphore max value = 32767\n"
  );
}

function summary(kind: Kind): string {
  if (kind === "q")
    return `${title("Messages: Status")}allocated queues = 0\nused headers = 0\nused space = 0 bytes\n`;
  if (kind === "m")
    return (
      title("Shared Memory Status") +
      "segments allocated 0\npages allocated 0\npages resident  0\npages swapped   0\n" +
      "Swap performance: 0 attempts\t0 successes\n"
    );
  return `${title("Semaphore Arrays: Status").replace("Arrays: ", "")}used arrays = 0\nallocated semaphores = 0\n`;
}

function owners(first: string): string {
  return pad([first, 10], ["perms", 10], ["cuid", 10], ["cgid", 10], ["uid", 10], ["gid", 10]);
}

/** The heading of an empty table. */
function table(kind: Kind, format: Format): string {
  const times = (a: string, b: string, c: string): string =>
    pad([a, 8], ["owner", 10], [b, 26], [c, 26]);
  if (kind === "q") {
    if (format === "t")
      return (
        title("Message Queues Send/Recv/Change Times") +
        pad(["msqid", 8], ["owner", 10], ["send", 20], ["recv", 20], ["change", 20])
      );
    if (format === "c") return title("Message Queues: Creators/Owners") + owners("msqid");
    if (format === "p")
      return (
        title("Message Queues PIDs") +
        pad(["msqid", 10], ["owner", 10], ["lspid", 10], ["lrpid", 10])
      );
    return (
      title("Message Queues") +
      pad(
        ["key", 10],
        ["msqid", 10],
        ["owner", 10],
        ["perms", 10],
        ["used-bytes", 12],
        ["messages", 12],
      )
    );
  }
  if (kind === "m") {
    if (format === "t")
      return (
        title("Shared Memory Attach/Detach/Change Times") +
        pad(["shmid", 10], ["owner", 10], ["attached", 20], ["detached", 20], ["changed", 20])
      );
    if (format === "c") return title("Shared Memory Segment Creators/Owners") + owners("shmid");
    if (format === "p")
      return (
        title("Shared Memory Creator/Last-op") +
        pad(["shmid", 10], ["owner", 10], ["cpid", 10], ["lpid", 10])
      );
    return (
      title("Shared Memory Segments") +
      pad(
        ["key", 10],
        ["shmid", 10],
        ["owner", 10],
        ["perms", 10],
        ["bytes", 10],
        ["nattch", 10],
        ["status", 12],
      )
    );
  }
  // The original takes this heading for semaphores too.
  if (format === "t")
    return (
      title("Shared Memory Operation/Change Times") + times("shmid", "last-op", "last-changed")
    );
  if (format === "c") return title("Semaphore Arrays Creators/Owners") + owners("semid");
  if (format === "p") return "\n";
  return (
    title("Semaphore Arrays") +
    pad(["key", 10], ["semid", 10], ["owner", 10], ["perms", 10], ["nsems", 10])
  );
}

function* ipcsMain(p: Process): Steps<number> {
  const opt = getopt(p, "i:aqsmtcplu");
  const chosen = (["q", "m", "s"] as const).filter((kind) => opt.has(kind));
  if (opt.has("i")) {
    xatoi(opt.get("i") as string);
    const call = opt.has("m") ? "shmctl" : opt.has("q") ? "msgctl" : opt.has("s") ? "semctl" : "";
    if (call === "") p.usageError();
    yield* p.warnx(`${call}: ${strerror(EINVAL)}`);
    return 0;
  }
  const kinds: readonly Kind[] = opt.has("a") || chosen.length === 0 ? ["q", "m", "s"] : chosen;
  const format = (opt.lastOf("tcplu") ?? "") as Format;
  let out = "";
  for (const kind of kinds) {
    out +=
      format === "l"
        ? yield* limitsOf(p, kind)
        : format === "u"
          ? summary(kind)
          : table(kind, format);
  }
  const w = p.stdout.puts(`${out}\n`);
  if (w) yield* w;
  return 0;
}

export const ipcs: Applet = {
  name: "ipcs",
  path: "/usr/bin/ipcs",
  usage: `[[-smq] -i ID] | [[-asmq] [-tcplu]]

Show System V message queues, shared memory and semaphores

	-m	Shared memory
	-q	Message queues
	-s	Semaphores
	-a	All of them (the default)
	-i ID	One of them in full
	-t	With times
	-c	With creators
	-p	With processes
	-l	Limits
	-u	Sums
`,
  main: ipcsMain,
};

const KINDS: readonly string[] = ["shm", "msg", "sem"];

function* ipcrmMain(p: Process): Steps<number> {
  const [, kind, ...ids] = p.argv;
  if (kind !== undefined && !kind.startsWith("-")) {
    // The old form: ipcrm shm ID...
    if (!KINDS.includes(kind) || ids.length === 0) p.usageError();
    for (const id of ids)
      yield* p.warnx(
        /^-?[0-9]+$/.test(id) ? `can't remove id ${id}: ${strerror(EINVAL)}` : `invalid id: ${id}`,
      );
    return 1;
  }
  const opt = getopt(p, "q:m:s:Q:M:S:");
  let failures = 0;
  for (const [letter, word = ""] of opt.given) {
    const key = letter === letter.toUpperCase();
    const base = /^0[xX]/.test(word) ? word : word.replace(/^0(?=[0-7])/, "0o");
    const id = Number(base);
    const valid = /^-?[0-9a-fA-FxXo]+$/.test(base) && Number.isInteger(id);
    if (!valid) xatoi(/^[0-9]+$/.test(word) ? `${word}?` : word);
    failures++;
    if (key && id === 0) yield* p.warnx(`illegal key (${word})`);
    else yield* p.warnx(`invalid ${key ? "key" : "id"} (${word})`);
  }
  if (opt.operands.length > 0) p.usageError();
  return failures;
}

export const ipcrm: Applet = {
  name: "ipcrm",
  path: "/usr/bin/ipcrm",
  usage: `[-MQS KEY] [-mqs ID]

Remove System V message queues, shared memory and semaphores

	-mM	Shared memory by id or key, once nobody uses it
	-qQ	Message queues
	-sS	Semaphores
`,
  main: ipcrmMain,
};
