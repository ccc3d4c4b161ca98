// Capabilities as cap_iab(3) writes them: "^cap_net_raw,!cap_sys_boot,cap_chown".
import { CAPABILITY_NAMES } from "../../abi/capability.ts";

/** Numbers: to be inherited, to be had at once ("^"), and never to be had ("!"). */
export interface Capabilities {
  readonly inheritable: readonly number[];
  readonly ambient: readonly number[];
  readonly dropped: readonly number[];
}

/** undefined when the text does not say any. */
export function capabilitiesOf(text: string): Capabilities | undefined {
  const inheritable: number[] = [];
  const ambient: number[] = [];
  const dropped: number[] = [];
  if (text === "") return { inheritable, ambient, dropped };
  for (const part of text.split(",")) {
    const found = /^([!^%]*)(\w+)$/.exec(part);
    if (found === null) return undefined;
    const [, flags, name] = found as unknown as [string, string, string];
    const cap = /^[0-9]+$/.test(name) ? Number(name) : CAPABILITY_NAMES.indexOf(name.toLowerCase());
    if (cap < 0 || cap >= CAPABILITY_NAMES.length) return undefined;
    if (flags.includes("!")) dropped.push(cap);
    if (flags.includes("^")) ambient.push(cap);
    if (flags !== "!") inheritable.push(cap);
  }
  return { inheritable, ambient, dropped };
}
