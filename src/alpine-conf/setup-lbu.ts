// setup-lbu: which medium lbu saves to (setup-lbu(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: setup-lbu [-hq] [MEDIA]

Sets the medium that lbu saves to: a folder below /media, LABEL=... or UUID=...

options:
 -h  Show this text
 -q  Take what is likely; ask only when in doubt
`;

/** A field of the lines of tables that are for a mount point. */
function* fieldsFor(s: Setup, dir: string, field: number, ...tables: string[]): Steps<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    const rows = yield* s.rows(table);
    for (const row of rows) if (row[1] === dir) found.push(row[field] ?? "");
  }
  return found;
}

/** What blkid says of a device. */
function* identify(s: Setup, device: string): Steps<Map<string, string>> {
  const text = yield* s.output(["blkid", device]);
  const found = new Map<string, string>();
  for (const match of text.matchAll(/([A-Z_]+)="([^"]*)"/g))
    found.set(match[1] as string, match[2] as string);
  return found;
}

function* writeConf(s: Setup, media: string): Steps<void> {
  const path = `${s.root}etc/lbu/lbu.conf`;
  s.mkdirs(`${s.root}etc/lbu`);
  const line = `LBU_MEDIA=${media}`;
  const lines = (yield* s.lines(path)).map((old) => (/^#?\s*LBU_MEDIA=/.test(old) ? line : old));
  if (!lines.includes(line)) lines.push(line);
  yield* s.write(path, lines.map((each) => `${each}\n`).join(""));
}

function* addToFstab(s: Setup, media: string, dir: string): Steps<void> {
  const named = /^(LABEL|UUID)=/.test(media);
  const mounts = `${s.root}proc/mounts`;
  const device = named
    ? yield* s.output(["findfs", media])
    : ((yield* fieldsFor(s, dir, 0, mounts))[0] ?? "");
  if (device === "") s.die(`${media}: Could not find device`);
  const facts = yield* identify(s, device);
  const type = facts.get("TYPE") ?? "";
  if (type === "") s.die(`${media}: Could not find filesystem type`);
  const uuid = facts.get("UUID");
  const source = named ? media : uuid === undefined ? device : `UUID=${uuid}`;
  s.mkdirs(`${s.root}etc`);
  yield* s.append(`${s.root}etc/fstab`, `${source}\t${dir}\t${type}\tnoauto,ro 0 0\n`);
}

function* setMedia(s: Setup, given: string): Steps<void> {
  let media = given.replace(/\/$/, "");
  let dir = `/media/${media}`;
  if (/^(LABEL|UUID)=/.test(media)) s.mkdirs(`${s.root}/media/${media}`);
  if (s.isDir(media) && media.startsWith("/media/")) {
    dir = media;
    media = media.slice("/media/".length);
  }
  if (s.root === "/" && !s.isDir(dir)) s.die(`${dir}: not a directory`);
  yield* writeConf(s, media);
  const known = yield* fieldsFor(s, dir, 2, `${s.root}etc/fstab`);
  if (known.join("") === "") yield* addToFstab(s, media, dir);
  // The boot medium may be mounted under its other name, which lbu would not find.
  for (const [name, other] of [
    ["usb", "usbdisk"],
    ["usbdisk", "usb"],
  ]) {
    const mounted = yield* fieldsFor(s, `/media/${other}`, 2, `${s.root}proc/mounts`);
    if (media === name && mounted.length > 0) {
      yield* s.run(["mount", "--move", `/media/${other}`, `/media/${name}`]);
      return;
    }
  }
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hq");
  const quiet = options.length > 0;
  const given = operands[0] ?? "";
  if (given === "none") return 0;
  if (given !== "") {
    yield* setMedia(s, given);
    return 0;
  }
  const choices: string[] = [];
  let preset = "none";
  let media = "";
  const tables = [`${s.root}proc/mounts`, `${s.root}etc/fstab`];
  const entries = yield* s.names("/media");
  for (const name of entries) {
    const dir = `/media/${name}`;
    if (!s.isDir(dir) || (yield* fieldsFor(s, dir, 2, ...tables)).includes("iso9660")) continue;
    choices.push(`'${name}'`);
    if ((yield* fieldsFor(s, dir, 2, `${s.root}proc/mounts`)).length === 0) continue;
    preset = name;
    if (quiet) media = name;
  }
  if ((yield* s.run(["findfs", "LABEL=APKOVL"], { stdout: "null" })) === 0) {
    preset = "LABEL=APKOVL";
    if (!choices.includes("'LABEL=APKOVL'")) choices.push("'LABEL=APKOVL'");
  }
  while (media === "") {
    media = yield* s.ask(`Enter where to store configs (${choices.join(", ")} or 'none')`, preset);
    if (media === "none" || media.startsWith("LABEL=") || s.isDir(`/media/${media}`)) break;
    yield* s.echo(`/media/${media} is not a directory. Please try again.`);
    media = "";
  }
  if (media !== "none") yield* setMedia(s, media);
  return 0;
}

/** Options of a mount, by comma. */
export function mountOptions(text: string): string[] {
  return words(text.replaceAll(",", " "));
}

/** The program. */
export const setupLbu: Program = setupProgram(USAGE, main);
