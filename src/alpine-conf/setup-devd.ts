// setup-devd: which program makes the nodes in /dev (setup-devd(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram } from "./libalpine.ts";

const USAGE = `usage: setup-devd [ -h ] [ -C ] [ mdev | mdevd | udev ]

Sets the device manager: mdev (of busybox), mdevd (like it, a program of its own)
or udev (eudev, which does most); asks without an argument

options:
 -h  Show this text
 -C  Look for the devices that are there already
`;

function* disable(s: Setup, name: "mdev" | "mdevd" | "udev"): Steps<void> {
  if ((yield* s.run(["rc-service", "--exists", name])) !== 0) return;
  const first = name === "udev" ? ["--ifstopped", "udev-postmount"] : ["--ifstarted", "hwdrivers"];
  yield* s.run(["rc-service", first[0] as string, "--quiet", first[1] as string, "stop"]);
  yield* s.run(["rc-service", "--ifstarted", "--quiet", name, "stop"]);
  const links: readonly (readonly [string, string])[] = {
    mdev: [
      ["hwdrivers", "sysinit"],
      ["mdev", "sysinit"],
    ] as const,
    mdevd: [
      ["hwdrivers", "sysinit"],
      ["mdevd-init", "sysinit"],
      ["mdevd", "sysinit"],
    ] as const,
    udev: [
      ["udev-postmount", "default"],
      ["udev-settle", "sysinit"],
      ["udev-trigger", "sysinit"],
      ["udev", "sysinit"],
    ] as const,
  }[name];
  for (const [service, level] of links) {
    yield* s.run(
      ["rc-update", "delete", "--quiet", "--quiet", service, level],
      name === "mdev" || service === "hwdrivers" ? {} : { stderr: "null" },
    );
  }
}

function* enableMdev(s: Setup): Steps<void> {
  yield* s.must(["apk", "add", "--quiet", "busybox-mdev-openrc"]);
  yield* s.must(["rc-update", "add", "--quiet", "mdev", "sysinit"]);
  yield* s.must(["rc-update", "add", "--quiet", "hwdrivers", "sysinit"]);
  yield* s.must(["rc-service", "mdev", "--ifstopped", "start"]);
  yield* s.must(["rc-service", "hwdrivers", "--ifstopped", "start"]);
}

function* enableMdevd(s: Setup, coldplug: boolean): Steps<void> {
  yield* s.must(["apk", "add", "--quiet", "mdevd", "mdevd-openrc"]);
  for (const service of ["mdevd", "mdevd-init", "hwdrivers"])
    yield* s.must(["rc-update", "add", "--quiet", service, "sysinit"]);
  yield* s.must(["rc-service", "--ifstopped", "mdevd", "start"]);
  if (!coldplug) return;
  yield* s.must(["rc-service", "mdevd-init", "start"]);
  yield* s.must(["rc-service", "hwdrivers", "--ifstopped", "start"]);
}

function* enableUdev(s: Setup): Steps<void> {
  yield* s.must([
    "apk",
    "add",
    "--quiet",
    "eudev",
    "udev-init-scripts",
    "udev-init-scripts-openrc",
  ]);
  const services = ["udev", "udev-trigger", "udev-settle", "udev-postmount"];
  for (const service of services) {
    const level = service === "udev-postmount" ? "default" : "sysinit";
    yield* s.must(["rc-update", "add", "--quiet", service, level]);
  }
  for (const service of services) yield* s.must(["rc-service", "--ifstopped", service, "start"]);
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hC");
  let coldplug = options.length > 0;
  let manager = operands[0] ?? "";
  const interactive = manager === "";
  while (!["mdev", "mdevd", "udev"].includes(manager))
    manager = yield* s.ask("What program should manage /dev? [mdev|mdevd|udev]", "mdev");
  if (interactive)
    coldplug = yield* s.askYesno(
      "Scan the hardware to populate /dev? [y|n] (Say yes if you're running this script for the first time.)",
      "n",
    );
  if (manager === "mdev") {
    yield* disable(s, "mdevd");
    yield* disable(s, "udev");
    yield* enableMdev(s);
  } else if (manager === "mdevd") {
    yield* disable(s, "mdev");
    yield* disable(s, "udev");
    yield* enableMdevd(s, coldplug);
  } else {
    yield* disable(s, "mdev");
    yield* disable(s, "mdevd");
    yield* enableUdev(s);
  }
  return 0;
}

/** The program. */
export const setupDevd: Program = setupProgram(USAGE, main);
