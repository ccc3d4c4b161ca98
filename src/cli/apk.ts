// bivy apk: the package manager on folders and files of the host. Each that an argument names is seen in the machine
// under the path it has here; nothing else of the host is.
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { folderOrFile } from "../host/node/folder.ts";
import { NodeHost } from "../host/node/host.ts";
import { Machine, type MountOptions } from "../machine/machine.ts";
import { basePrograms } from "../machine/programs.ts";
import { embeddedImage, embeddedRepository } from "./image.ts";
import { UsageError } from "./options.ts";
import { runOnStreams } from "./run.ts";

/** Options whose value is a path. */
const PATHS =
  /^(?:--(?:root|keys-dir|cache-dir|repositories-file|output|destination|index|sign-key|files|script|rootnode|repository)|-[pXoxsF])$/;
/** Folders of the system that a host's folder would hide. */
const SYSTEM = /^\/(bin|dev|etc|lib|media|proc|root|run|sbin|sys|usr|var)?(\/|$)/;
const URL = /^(https?):\/\/(?:[^/@]*@)?([^/:]+)(?::(\d+))?/;

/** What the arguments mean to touch, as absolute paths. */
function pathsOf(words: readonly string[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const [, name, attached] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined && PATHS.test(name)) found.push(attached as string);
    else if (PATHS.test(word)) found.push(words[++i] ?? "");
    else if (!word.startsWith("-") && (word.includes("/") || existsSync(word))) found.push(word);
  }
  return found.filter((path) => path !== "" && !URL.test(path)).map((path) => resolve(path));
}

/** The nearest folder above that is there: what is to be made is made in it. */
function existing(path: string): string {
  return existsSync(path) ? path : existing(dirname(path));
}

function mountsOf(paths: readonly string[]): MountOptions[] {
  const folders = new Set<string>();
  for (const path of [process.cwd(), ...paths]) {
    const place = existing(path);
    const folder = statSync(place).isDirectory() ? place : dirname(place);
    if (path !== process.cwd() && SYSTEM.test(folder))
      throw new UsageError(`${path}: a folder of this name belongs to the machine: use a link`);
    if (!SYSTEM.test(folder)) folders.add(folder);
  }
  // What lies in another one needs no mount of its own.
  const all = [...folders];
  const outer = all.filter(
    (folder) => !all.some((other) => other !== folder && folder.startsWith(`${other}/`)),
  );
  return outer.map((folder) => ({
    fileSystem: folderOrFile(realpathSync(folder)),
    target: folder,
    source: folder,
  }));
}

/** Hosts of the repositories that are named, or that the root names. */
function hostsOf(words: readonly string[], paths: readonly string[]): string[] {
  const texts = [...words];
  for (const path of paths)
    for (const file of [path, join(path, "etc/apk/repositories")])
      if (existsSync(file) && statSync(file).isFile() && statSync(file).size < 1 << 16)
        texts.push(...readFileSync(file, "latin1").split(/\s+/));
  const hosts = new Set<string>();
  for (const text of texts) {
    const [, scheme, host, port] = URL.exec(text.replace(/^--repository=/, "")) ?? [];
    if (host !== undefined) hosts.add(`${host}:${port ?? (scheme === "https" ? "443" : "80")}`);
  }
  return [...hosts];
}

/** `bivy apk`: apk's own status. */
export function apkCommand(words: readonly string[]): Promise<number> {
  const paths = pathsOf(words);
  const cwd = process.cwd();
  const machine = Machine.boot({
    host: new NodeHost(),
    image: embeddedImage(),
    programs: basePrograms(),
    network: { allow: hostsOf(words, paths) },
    mounts: [embeddedRepository(), ...mountsOf(paths)],
  });
  const inside = SYSTEM.test(cwd) ? {} : { cwd };
  return runOnStreams(machine, ["apk", ...words], { init: true, ...inside }, true);
}
