// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { abuildFetch } from "./abuild-fetch.ts";
import { abuildGzsplit } from "./abuild-gzsplit.ts";
import { abuildKeygen } from "./abuild-keygen.ts";
import { abuildSign } from "./abuild-sign.ts";
import { abuildSudo } from "./abuild-sudo.ts";
import { abuildTar } from "./abuild-tar.ts";
import { abuildPackage } from "./package.ts";

export function abuildPrograms(): [name: string, program: Program][] {
  return [
    ["abuild-fetch", abuildFetch],
    ["abuild-gzsplit", abuildGzsplit],
    ["abuild-keygen", abuildKeygen],
    ["abuild-package", abuildPackage],
    ["abuild-sign", abuildSign],
    ["abuild-sudo", abuildSudo],
    ["abuild-tar", abuildTar],
  ];
}
