// setup-desktop: the packages of a desktop and the service that lets users log in to it (setup-desktop(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: setup-desktop [-h] [gnome|plasma|xfce|xfce-wayland|mate|sway|lxqt]

Installs a desktop; asks which one

options:
 -h  Show this text
`;

interface Desktop {
  base: "setup-xorg-base" | "setup-wayland-base";
  /** Before the browser and after it. */
  first?: string;
  packages: string;
  /** Their dependencies are installed too. */
  meta?: string;
  services: string;
  gtkDark?: boolean;
}

const DESKTOPS: Readonly<Record<string, Desktop>> = {
  mate: {
    base: "setup-xorg-base",
    first: "mate-desktop-environment",
    packages: "gvfs lightdm lightdm-gtk-greeter polkit dbus dbus-x11 font-dejavu",
    services: "dbus lightdm",
  },
  xfce: {
    base: "setup-xorg-base",
    first: "xfce4",
    packages:
      "elogind gvfs lightdm lightdm-gtk-greeter polkit-elogind xfce4-screensaver xfce4-terminal font-dejavu",
    services: "lightdm",
    gtkDark: true,
  },
  "xfce-wayland": {
    base: "setup-wayland-base",
    first: "xfce4",
    packages:
      "adwaita-icon-theme elogind greetd-gtkgreet gvfs labwc polkit-elogind xfce4-screensaver xfce4-terminal",
    services: "dbus greetd",
    gtkDark: true,
  },
  lxqt: {
    base: "setup-xorg-base",
    packages:
      "lxqt-desktop lximage-qt obconf-qt pavucontrol-qt arandr sddm font-dejavu dbus dbus-x11 openbox elogind polkit-elogind gvfs udisks2 adwaita-qt oxygen",
    services: "dbus sddm elogind",
  },
  gnome: {
    base: "setup-wayland-base",
    packages: "",
    meta: "gnome gnome-apps-core",
    services: "gdm",
  },
  plasma: {
    base: "setup-wayland-base",
    packages: "",
    meta: "plasma-desktop-meta kde-applications-base",
    services: "sddm",
  },
  sway: {
    base: "setup-wayland-base",
    packages:
      "brightnessctl font-dejavu foot grim i3status sway swaybg swayidle swaylockd util-linux-login wl-clipboard wmenu xwayland",
    services: "",
  },
};

function* hasUsers(s: Setup): Steps<boolean> {
  const lines = yield* s.lines(`${s.root}/etc/passwd`);
  return lines.some((line) => {
    const uid = Number(line.split(":")[2]);
    return uid >= 1000 && uid < 65000;
  });
}

function* preferDark(s: Setup): Steps<void> {
  const path = `${s.root}/etc/gtk-3.0/settings.ini`;
  if (s.exists(path)) return;
  s.mkdirs(`${s.root}/etc/gtk-3.0`);
  yield* s.write(path, "[Settings]\ngtk-application-prefer-dark-theme=1\n");
}

/** greetd needs a seat, and must know the session. */
function* configureGreetd(s: Setup): Steps<void> {
  const conf = `${s.root}/etc/conf.d/greetd`;
  const environments = `${s.root}/etc/greetd/environments`;
  s.mkdirs(`${s.root}/etc/conf.d`);
  s.mkdirs(`${s.root}/etc/greetd`);
  if (!(yield* s.lines(conf)).some((line) => line.startsWith("rc_need")))
    yield* s.append(conf, 'rc_need="seatd dbus"\n');
  if (!((yield* s.text(environments)) ?? "").includes("xfce4-wayland"))
    yield* s.append(environments, "xfce4-wayland\n");
  yield* s.run(["addgroup", "greetd", "seat"]);
}

function* install(s: Setup, name: string, desktop: Desktop): Steps<void> {
  if (desktop.gtkDark === true) yield* preferDark(s);
  const browser = words(s.env("BROWSER") || "firefox");
  const packages = [...words(desktop.first ?? ""), ...browser, ...words(desktop.packages)];
  yield* s.run([desktop.base, ...packages]);
  if (desktop.meta !== undefined) {
    const info = ["apk", "info", "--quiet", "--depends", ...words(desktop.meta)];
    yield* s.run(["apk", "add", ...words(yield* s.output(info))]);
  }
  for (const service of words(desktop.services)) yield* s.run(["rc-update", "add", service]);
  if (name === "xfce-wayland") yield* configureGreetd(s);
}

function* main(s: Setup): Steps<number> {
  const { operands } = yield* s.getopts("h");
  if (operands.length > 1) yield* s.showUsage(1);
  if (operands.length === 0 && !(yield* hasUsers(s)))
    yield* s.run(["setup-user", "-g", "audio,video,netdev"]);
  let name = operands[0] ?? "";
  const known = (): boolean => name === "none" || Object.hasOwn(DESKTOPS, name);
  if (operands.length === 1 && !known()) {
    yield* s.eecho(`${name} is not a valid desktop`);
    yield* s.showUsage(1);
  }
  while (!known())
    name = yield* s.ask(
      "Which desktop environment? ('gnome', 'plasma', 'xfce', 'mate', 'sway', 'lxqt' or 'none')",
      "none",
    );
  const desktop = DESKTOPS[name];
  if (name === "none" || desktop === undefined) return 0;
  yield* install(s, name, desktop);
  yield* s.run(["rc-update", "del", "acpid"]);
  if (!(yield* hasUsers(s))) {
    yield* s.eecho("WARNING: You need to create a user account. Please run: setup-user");
    yield* s.eecho("");
  }
  return 0;
}

/** The program. */
export const setupDesktop: Program = setupProgram(USAGE, main);
