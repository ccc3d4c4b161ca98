// A saved configuration (apkovl): found, fetched, decrypted and unpacked into the new root.
import { MS_RDONLY } from "../abi/mount.ts";
import type { Steps } from "../abi/program.ts";
import { readText, unlink, writeFile } from "../libc/unistd.ts";
import { type Early, SYSROOT } from "./early.ts";

/** How often somebody may mistype the password. */
const TRIES = 3;
/** Names of the overlay's files: what apk is not to touch. */
export const OVERLAY_FILES = "/tmp/ovlfiles";

/** The file that `apkovl=` means, or the first of those on the media; "" for none. */
export function* locateOverlay(early: Early, found: readonly string[]): Steps<string> {
  const wanted = early.parameters.get("apkovl");
  if (wanted === "no") return "";
  if (wanted === "" || wanted === "yes") return found[0] ?? "";
  if (/^(https?|ftp):\/\//.test(wanted)) return yield* fetchOverlay(early, wanted);
  const parts = wanted.split(":");
  const path = parts.pop() ?? "";
  const [device, type] = parts;
  if (device === undefined) return early.exists(wanted) ? wanted : "";
  const target = `/media/${device}`;
  early.mkdirs(target);
  const types = type === undefined ? ["ext4", "vfat", "iso9660"] : [type];
  if (!types.some((each) => early.mount(`/dev/${device}`, target, each, MS_RDONLY))) return "";
  const file = `${target}/${path.replace(/^\/+/, "")}`;
  return early.exists(file) ? file : "";
}

function* fetchOverlay(early: Early, url: string): Steps<string> {
  const file = `/tmp/${url.slice(url.lastIndexOf("/") + 1)}`;
  return (yield* early.run("wget", "-q", "-O", file, url)) === 0 ? file : "";
}

/** Unpacks it; what was in it is listed in {@link OVERLAY_FILES}. False when it cannot be read. */
export function* unpackOverlay(early: Early, file: string): Steps<boolean> {
  const [, cipher] = /\.tar\.gz\.([a-z0-9-]+)$/.exec(file) ?? [];
  let archive = file;
  if (cipher !== undefined) {
    archive = "/tmp/overlay.tar.gz";
    if (!(yield* decrypt(early, file, cipher, archive))) return false;
  }
  const script = `tar -C ${SYSROOT} -zxvf "$0" >${OVERLAY_FILES}`;
  const done = (yield* early.run("sh", "-c", script, archive)) === 0;
  if (archive !== file) unlink(early.sys, archive);
  return done;
}

function* decrypt(early: Early, file: string, cipher: string, to: string): Steps<boolean> {
  for (let i = 0; i < TRIES; i++) {
    const args = ["enc", "-d", `-${cipher}`, "-in", file, "-out", to];
    if ((yield* early.run("openssl", ...args)) === 0) return true;
  }
  yield* early.say(`${file}: wrong password`);
  return false;
}

/** The packages that the overlay's world names. */
export function* overlayWorld(early: Early): Steps<string[]> {
  const text = (yield* readText(early.sys, `${SYSROOT}/etc/apk/world`, 1 << 20)) ?? "";
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Keeps the list empty where there is no overlay. */
export function* noOverlay(early: Early): Steps<void> {
  yield* writeFile(early.sys, OVERLAY_FILES, "");
}
