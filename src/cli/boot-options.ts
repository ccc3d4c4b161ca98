// The command line of `bivy boot`.
import type { PortOptions } from "../machine/network.ts";
import { type DiskArgument, parseDisk, parseIso } from "./disks.ts";
import { parseMemory, parseNetwork, parsePort, UsageError } from "./options.ts";

/** What `bivy boot` was asked for. */
export interface BootArguments {
  help: boolean;
  disks: DiskArgument[];
  /** A saved configuration of the host's. */
  overlay: string | undefined;
  /** Words for the kernel's command line. */
  append: string[];
  /** A folder of the host that is the medium /media/usb: lbu saves there. */
  save: string | undefined;
  network: "none" | "host" | { allow: string[] } | undefined;
  ports: PortOptions[];
  memoryBytes: number | undefined;
  /** Others may attach to its consoles by this name. */
  name: string | undefined;
}

const VALUED: Readonly<Record<string, (options: BootArguments, value: string) => void>> = {
  disk: (o, value) => o.disks.push(parseDisk(value)),
  iso: (o, value) => o.disks.push(parseIso(value)),
  overlay: (o, value) => (o.overlay = value),
  append: (o, value) => o.append.push(value),
  save: (o, value) => (o.save = value),
  net: (o, value) => (o.network = parseNetwork(value, o.network)),
  network: (o, value) => (o.network = parseNetwork(value, o.network)),
  publish: (o, value) => o.ports.push(parsePort(value)),
  name: (o, value) => (o.name = value),
  memory: (o, value) => (o.memoryBytes = parseMemory(value)),
};
const LETTERS: Readonly<Record<string, string>> = { p: "publish", m: "memory" };

/** Reads the words after `bivy boot`; throws UsageError. */
export function parseBoot(words: readonly string[]): BootArguments {
  const options: BootArguments = {
    help: false,
    disks: [],
    overlay: undefined,
    append: [],
    save: undefined,
    network: undefined,
    ports: [],
    memoryBytes: undefined,
    name: undefined,
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--help") {
      options.help = true;
      continue;
    }
    const [, long, attached] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const [, letter, rest] = /^-([a-z])(.*)$/s.exec(word) ?? [];
    const name = long ?? (letter === undefined ? undefined : LETTERS[letter]);
    const take = name === undefined ? undefined : VALUED[name];
    if (take === undefined)
      throw new UsageError(
        word.startsWith("-") ? `unknown flag: ${word}` : `unexpected argument: ${word}`,
      );
    const value = attached ?? (rest === "" || rest === undefined ? words[++i] : rest);
    if (value === undefined) throw new UsageError(`flag needs an argument: ${word}`);
    take(options, value);
  }
  return options;
}
