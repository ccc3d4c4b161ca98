// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { lbu } from "./lbu.ts";
import { setupDevd } from "./setup-devd.ts";
import { setupDns } from "./setup-dns.ts";
import { setupHostname } from "./setup-hostname.ts";
import { setupNtp } from "./setup-ntp.ts";
import { setupProxy } from "./setup-proxy.ts";
import { setupSshd } from "./setup-sshd.ts";
import { setupTimezone } from "./setup-timezone.ts";
import { setupUser } from "./setup-user.ts";

export function alpineConfPrograms(): [name: string, program: Program][] {
  return [
    ["lbu", lbu],
    ["setup-devd", setupDevd],
    ["setup-dns", setupDns],
    ["setup-hostname", setupHostname],
    ["setup-ntp", setupNtp],
    ["setup-proxy", setupProxy],
    ["setup-sshd", setupSshd],
    ["setup-timezone", setupTimezone],
    ["setup-user", setupUser],
  ];
}
