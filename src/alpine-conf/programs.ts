// The programs of this room by the name that `#!bivy NAME` files give.
import type { Program } from "../abi/program.ts";
import { copyModloop } from "./copy-modloop.ts";
import { genfstab } from "./genfstab.ts";
import { lbu } from "./lbu.ts";
import { setupAcf } from "./setup-acf.ts";
import { setupAlpine } from "./setup-alpine.ts";
import { setupApkcache } from "./setup-apkcache.ts";
import { setupApkrepos } from "./setup-apkrepos.ts";
import { setupWaylandBase, setupXenDom0, setupXorgBase } from "./setup-base.ts";
import { setupBootable } from "./setup-bootable.ts";
import { setupDesktop } from "./setup-desktop.ts";
import { setupDevd } from "./setup-devd.ts";
import { setupDisk } from "./setup-disk.ts";
import { setupDns } from "./setup-dns.ts";
import { setupHostname } from "./setup-hostname.ts";
import { setupInterfaces } from "./setup-interfaces.ts";
import { setupKeymap } from "./setup-keymap.ts";
import { setupLbu } from "./setup-lbu.ts";
import { setupMta } from "./setup-mta.ts";
import { setupNtp } from "./setup-ntp.ts";
import { setupProxy } from "./setup-proxy.ts";
import { setupSshd } from "./setup-sshd.ts";
import { setupTimezone } from "./setup-timezone.ts";
import { setupUser } from "./setup-user.ts";
import { updateConf } from "./update-conf.ts";
import { updateKernel } from "./update-kernel.ts";

export function alpineConfPrograms(): [name: string, program: Program][] {
  return [
    ["copy-modloop", copyModloop],
    ["genfstab", genfstab],
    ["lbu", lbu],
    ["setup-acf", setupAcf],
    ["setup-alpine", setupAlpine],
    ["setup-apkcache", setupApkcache],
    ["setup-apkrepos", setupApkrepos],
    ["setup-bootable", setupBootable],
    ["setup-desktop", setupDesktop],
    ["setup-devd", setupDevd],
    ["setup-disk", setupDisk],
    ["setup-dns", setupDns],
    ["setup-hostname", setupHostname],
    ["setup-interfaces", setupInterfaces],
    ["setup-keymap", setupKeymap],
    ["setup-lbu", setupLbu],
    ["setup-mta", setupMta],
    ["setup-ntp", setupNtp],
    ["setup-proxy", setupProxy],
    ["setup-sshd", setupSshd],
    ["setup-timezone", setupTimezone],
    ["setup-user", setupUser],
    ["setup-wayland-base", setupWaylandBase],
    ["setup-xen-dom0", setupXenDom0],
    ["setup-xorg-base", setupXorgBase],
    ["update-conf", updateConf],
    ["update-kernel", updateKernel],
  ];
}
