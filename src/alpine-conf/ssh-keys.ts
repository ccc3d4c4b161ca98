// Keys for ssh that a user types or that a server has.
import type { Steps } from "../abi/program.ts";
import { output } from "./commands.ts";
import { linesOf, type Setup } from "./libalpine.ts";

const HOMES: Readonly<Record<string, string>> = {
  al: "https://gitlab.alpinelinux.org",
  gl: "https://gitlab.com",
  gh: "https://github.com",
};

/** The address of someone's keys at a place known by a short name. */
export function keysUrl(short: string, user: string): string | undefined {
  return Object.hasOwn(HOMES, short) ? `${HOMES[short]}/${user}.keys` : undefined;
}

/** The lines that hold keys, options in front allowed (sshd(8), AUTHORIZED_KEYS). */
export function sshKeys(text: string): string[] {
  return linesOf(text).filter((line) => /^(\S+\s+)?(ecdsa|rsa|ssh|sk-ecdsa|sk-ssh)-/.test(line));
}

/** What a server says; undefined when it cannot be had. */
export function* fetchText(s: Setup, url: string): Steps<string | undefined> {
  const { status, text } = yield* output(s.p, ["wget", "-q", "-O", "-", url]);
  return status === 0 ? text : undefined;
}
