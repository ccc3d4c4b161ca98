// fbset: modes of a frame buffer (fbset(1)). Without a display the kernel has none.
import { O_RDONLY } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice, xioctl } from "../libbb/device.ts";

const FBIOGET_VSCREENINFO = 0x4600;
const FBIOPUT_VSCREENINFO = 0x4601;

/** The numbers of fb_var_screeninfo that options set, in the order of -g and -t. */
const GEOMETRY: readonly string[] = [
  "xres",
  "yres",
  "xres_virtual",
  "yres_virtual",
  "bits_per_pixel",
];
const TIMINGS: readonly string[] = [
  "pixclock",
  "left_margin",
  "right_margin",
  "upper_margin",
  "lower_margin",
  "hsync_len",
  "vsync_len",
];
const SINGLE: Readonly<Record<string, string>> = {
  "-xres": "xres",
  "-yres": "yres",
  "-vxres": "xres_virtual",
  "-vyres": "yres_virtual",
  "-depth": "bits_per_pixel",
};

function* main(p: Process): Steps<number> {
  const words = p.argv.slice(1);
  const changes = new Map<string, number>();
  let device = "/dev/fb0";
  let all = false;
  const number = (): number => {
    const text = words.shift() ?? p.usageError();
    return /^[0-9]+$/.test(text) ? Number(text) : die(`invalid number '${text}'`);
  };
  while (words[0]?.startsWith("-") === true) {
    const word = words.shift() as string;
    if (word === "-fb") device = words.shift() ?? p.usageError();
    else if (word === "-db") words.shift() ?? p.usageError();
    else if (word === "-a" || word === "-all") all = true;
    else if (word === "-g") for (const name of GEOMETRY) changes.set(name, number());
    else if (word === "-t") for (const name of TIMINGS) changes.set(name, number());
    else if (SINGLE[word] !== undefined) changes.set(SINGLE[word], number());
    else if (/^-(i|info|s|show|test|x|n|v|A|rgba|step|move|match)$/.test(word))
      die(`option '${word.slice(1)}' not handled`);
    else p.usageError();
  }
  const fd = yield* openDevice(p, device, O_RDONLY);
  const known = (yield* xioctl(p, fd, FBIOGET_VSCREENINFO)) as Record<string, number>;
  const mode = new Map(Object.entries(known));
  if (changes.size > 0) {
    for (const [name, value] of changes) mode.set(name, value);
    mode.set("activate", all ? 64 : 0);
    yield* xioctl(p, fd, FBIOPUT_VSCREENINFO, Object.fromEntries(mode));
    return 0;
  }
  const row = (names: readonly string[]): string =>
    names.map((name) => mode.get(name) ?? 0).join(" ");
  const w = p.stdout.puts(
    `\nmode "${mode.get("xres") ?? 0}x${mode.get("yres") ?? 0}"\n\tgeometry ${row(GEOMETRY)}\n\ttimings ${row(TIMINGS)}\nendmode\n\n`,
  );
  if (w) yield* w;
  return 0;
}

export const fbset: Applet = {
  name: "fbset",
  path: "/usr/sbin/fbset",
  usage: `[-fb DEVICE] [-a] [-g XRES YRES VXRES VYRES DEPTH] [-t PIXCLOCK LEFT RIGHT UPPER LOWER HSLEN VSLEN]

Show or set the mode of a frame buffer
`,
  main,
};
