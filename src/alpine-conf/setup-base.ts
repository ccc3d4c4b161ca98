// setup-xorg-base, setup-wayland-base and setup-xen-dom0: packages and services that others build upon.
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram } from "./libalpine.ts";

function usage(name: string, what: string): string {
  return `usage: ${name} [-h] [PKG..]

Sets the system up for ${what}; installs the packages PKG too

options:
 -h  Show this text
`;
}

function* xorg(s: Setup): Steps<number> {
  const { operands } = yield* s.getopts("h");
  yield* s.run(["setup-apkrepos", "-o"]);
  const packages = ["xorg-server", "xf86-input-libinput", "xinit", "eudev", "mesa-dri-gallium"];
  yield* s.run(["apk", "add", ...packages, ...operands]);
  return yield* s.run(["setup-devd", "udev"]);
}

function* wayland(s: Setup): Steps<number> {
  const { operands } = yield* s.getopts("h");
  yield* s.run(["setup-apkrepos", "-o"]);
  yield* s.run(["apk", "add", "elogind", "polkit-elogind", ...operands]);
  let status = yield* s.run(["setup-devd", "udev"]);
  for (const service of ["cgroups", "dbus"]) {
    yield* s.run(["rc-service", service, "start"]);
    status = yield* s.run(["rc-update", "add", service]);
  }
  return status;
}

function* xenDom0(s: Setup): Steps<number> {
  const packages = s.p.argv.slice(1);
  const modules = `${s.root}/etc/modules`;
  s.mkdirs(`${s.root}/etc`);
  for (const name of ["xen_netback", "xen_blkback", "xenfs", "xen_pciback", "xen_wdt", "tun"]) {
    if ((yield* s.run(["modprobe", name])) !== 0) continue;
    if (!(yield* s.rows(modules)).some((row) => row.includes(name)))
      yield* s.append(modules, `${name}\n`);
  }
  yield* s.run(["apk", "add", "--quiet", "xen", ...packages]);
  for (const service of ["xenstored", "xenconsoled", "xenqemu"]) {
    if ((yield* s.run(["rc-service", "--exists", service])) !== 0) continue;
    yield* s.run(["rc-update", "--quiet", "add", service, "default"]);
    yield* s.run(["rc-service", service, "start"]);
  }
  return 0;
}

export const setupXorgBase: Program = setupProgram(usage("setup-xorg-base", "Xorg"), xorg);
export const setupWaylandBase: Program = setupProgram(
  usage("setup-wayland-base", "Wayland"),
  wayland,
);
export const setupXenDom0: Program = setupProgram("", xenDom0);
