// Command lines of `bivy run`, read as docker run(1) reads its own: options end at the first word that is none.
import { policyError } from "../kernel/net/policy.ts";

/** A wrong command line. */
export class UsageError extends Error {}

/** A host folder or file to be seen in the machine. */
export interface Volume {
  host: string;
  guest: string;
  readOnly: boolean;
}

/** A port of the host that leads into the machine. */
export interface Port {
  address: string;
  /** 0: any. */
  hostPort: number;
  port: number;
  protocol: "tcp" | "udp";
}

/** What `bivy run` was asked for. */
export interface RunOptions {
  help: boolean;
  interactive: boolean;
  tty: boolean;
  init: boolean;
  readOnly: boolean;
  volumes: Volume[];
  /** undefined: the repositories' hosts. */
  network: "none" | "host" | { allow: string[] } | undefined;
  ports: Port[];
  /** NAME=value, or NAME alone for the host's value. */
  env: string[];
  envFiles: string[];
  workdir: string | undefined;
  user: string | undefined;
  hostname: string | undefined;
  memoryBytes: number | undefined;
  tasks: number | undefined;
  /** Replaces the image's command; "" is none. */
  entrypoint: string | undefined;
  /** undefined: `--` stood in its place. */
  image: string | undefined;
  command: string[];
}

type Flag = (options: RunOptions, on: boolean) => void;
type Valued = (options: RunOptions, value: string) => void;

const FLAGS: Readonly<Record<string, Flag>> = {
  help: (o, on) => (o.help = on),
  interactive: (o, on) => (o.interactive = on),
  tty: (o, on) => (o.tty = on),
  init: (o, on) => (o.init = on),
  "read-only": (o, on) => (o.readOnly = on),
  // Nothing of a machine outlives its run, so there is nothing to keep without it.
  rm: () => {},
};

const VALUED: Readonly<Record<string, Valued>> = {
  volume: (o, value) => o.volumes.push(parseVolume(value)),
  env: (o, value) => o.env.push(value),
  "env-file": (o, value) => o.envFiles.push(value),
  workdir: (o, value) => (o.workdir = value),
  user: (o, value) => (o.user = value),
  hostname: (o, value) => (o.hostname = value),
  entrypoint: (o, value) => (o.entrypoint = value),
  memory: (o, value) => (o.memoryBytes = parseMemory(value)),
  "pids-limit": (o, value) => (o.tasks = parseTasks(value)),
  network: (o, value) => {
    o.network = parseNetwork(value, o.network);
  },
  publish: (o, value) => o.ports.push(parsePort(value)),
  name: (_o, value) => {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value))
      throw new UsageError(`invalid name (${value}): only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  },
};

const SHORT: Readonly<Record<string, string>> = {
  i: "interactive",
  t: "tty",
  v: "volume",
  e: "env",
  w: "workdir",
  u: "user",
  h: "hostname",
  m: "memory",
  p: "publish",
};

const has = (table: object, name: string): boolean => Object.hasOwn(table, name);

/** HOST:GUEST[:ro|:rw]. */
export function parseVolume(text: string): Volume {
  // A drive letter of Windows is part of the first field.
  const match = /^((?:[A-Za-z]:[\\/])?[^:]*):([^:]+)(?::([^:]*))?$/.exec(text);
  const [, host = "", guest = "", mode = "rw"] = match ?? [];
  if (host === "" || guest === "")
    throw new UsageError(`invalid volume specification: '${text}': HOST:GUEST[:ro] is expected`);
  if (!guest.startsWith("/"))
    throw new UsageError(`invalid volume specification: '${text}': ${guest} is no absolute path`);
  if (guest === "/")
    throw new UsageError(`invalid volume specification: '${text}': destination can't be '/'`);
  if (mode !== "ro" && mode !== "rw") throw new UsageError(`invalid mode: ${mode}`);
  return { host, guest, readOnly: mode === "ro" };
}

/** none, host, or allow=HOST[:PORT],…, which adds to what was allowed before. */
export function parseNetwork(text: string, before: RunOptions["network"]): RunOptions["network"] {
  if (text === "none" || text === "host") return text;
  const rules = /^allow=(.*)$/.exec(text)?.[1];
  if (rules === undefined)
    throw new UsageError(
      `network ${text} not found: there are none, host and allow=HOST[:PORT],...`,
    );
  const allow = rules.split(",").filter((rule) => rule !== "");
  const wrong = policyError({ allow });
  if (wrong !== undefined) throw new UsageError(wrong);
  return { allow: [...(typeof before === "object" ? before.allow : []), ...allow] };
}

/** [[ADDRESS:]HOSTPORT:]PORT[/tcp|/udp]. */
export function parsePort(text: string): Port {
  const match = /^(?:(?:(\[[0-9A-Fa-f:]+\]|[0-9.]+):)?([0-9]*):)?([0-9]+)(?:\/(tcp|udp))?$/.exec(
    text,
  );
  const [, address = "", hostPort = "", port = "", protocol = "tcp"] = match ?? [];
  const valid = (digits: string): boolean => Number(digits) >= 1 && Number(digits) <= 65535;
  if (match === null || !valid(port) || (hostPort !== "" && !valid(hostPort)))
    throw new UsageError(
      `invalid port specification: '${text}': [ADDRESS:]HOSTPORT:PORT is expected`,
    );
  return {
    address: address.replace(/^\[|\]$/g, ""),
    hostPort: Number(hostPort),
    port: Number(port),
    protocol: protocol === "udp" ? "udp" : "tcp",
  };
}

/** A number of bytes with b, k, m or g. */
export function parseMemory(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?$/i.exec(text);
  if (match === null) throw new UsageError(`invalid size: '${text}'`);
  const power = "bkmgt".indexOf((match[2] || "b").toLowerCase());
  const bytes = Math.floor(Number(match[1]) * 1024 ** power);
  if (bytes < 6 * 1024 * 1024) throw new UsageError("Minimum memory limit allowed is 6MB");
  return bytes;
}

function parseTasks(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) throw new UsageError(`invalid argument "${text}" for "--pids-limit"`);
  const limit = Number(text);
  return limit > 0 ? limit : undefined;
}

function parseBoolean(name: string, text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new UsageError(`invalid argument "${text}" for "--${name}": true or false is expected`);
}

/** Reads the words after `bivy run`; throws UsageError. */
export function parseRun(words: readonly string[]): RunOptions {
  const options: RunOptions = {
    help: false,
    interactive: false,
    tty: false,
    init: false,
    readOnly: false,
    volumes: [],
    network: undefined,
    ports: [],
    env: [],
    envFiles: [],
    workdir: undefined,
    user: undefined,
    hostname: undefined,
    memoryBytes: undefined,
    tasks: undefined,
    entrypoint: undefined,
    image: undefined,
    command: [],
  };
  let at = 0;
  const next = (option: string): string => {
    const value = words[at++];
    if (value === undefined) throw new UsageError(`flag needs an argument: ${option}`);
    return value;
  };
  while (at < words.length) {
    const word = words[at] as string;
    if (word === "--") {
      options.command = words.slice(at + 1);
      return options;
    }
    if (!word.startsWith("-") || word === "-") break;
    at++;
    if (word.startsWith("--")) parseLong(options, word, next);
    else parseShort(options, word, next);
  }
  options.image = words[at];
  options.command = words.slice(at + 1);
  return options;
}

function parseLong(options: RunOptions, word: string, next: (option: string) => string): void {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  if (has(FLAGS, name)) FLAGS[name]?.(options, value === undefined || parseBoolean(name, value));
  else if (has(VALUED, name)) VALUED[name]?.(options, value ?? next(`--${name}`));
  else throw new UsageError(`unknown flag: --${name}`);
}

/** Letters may be joined; the first that takes a value takes the rest of the word. */
function parseShort(options: RunOptions, word: string, next: (option: string) => string): void {
  for (let i = 1; i < word.length; i++) {
    const letter = word[i] as string;
    const name = has(SHORT, letter) ? (SHORT[letter] as string) : "";
    if (name === "") throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
    if (has(FLAGS, name)) {
      FLAGS[name]?.(options, true);
      continue;
    }
    const rest = word.slice(i + 1).replace(/^=/, "");
    VALUED[name]?.(options, rest === "" ? next(`'${letter}' in ${word}`) : rest);
    return;
  }
}
