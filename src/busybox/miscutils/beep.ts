// beep: tones of the speaker (beep(1), ioctl_console(2))
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { consoleOrDie, xioctl } from "../libbb/device.ts";
import { xatou } from "../libbb/numbers.ts";

const KIOCSOUND = 0x4b2f;
/** What the speaker's counter counts in a second. */
const CLOCK = 1193180;

interface Tone {
  f: number;
  l: number;
  d: number;
  r: number;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "f:l:d:r:n");
  const fd = yield* consoleOrDie(p);
  const tones: Tone[] = [{ f: 4000, l: 50, d: 0, r: 1 }];
  for (const [key, text = ""] of opt.given) {
    if (key === "n") tones.push({ f: 4000, l: 50, d: 0, r: 1 });
    else (tones.at(-1) as Tone)[key as keyof Tone] = xatou(text);
  }
  for (const tone of tones)
    for (let i = 0; i < tone.r; i++) {
      yield* xioctl(p, fd, KIOCSOUND, tone.f === 0 ? 0 : Math.floor(CLOCK / tone.f));
      yield* settle(p.sys.nanosleep(tone.l));
      yield* xioctl(p, fd, KIOCSOUND, 0);
      if (tone.d > 0) yield* settle(p.sys.nanosleep(tone.d));
    }
  return 0;
}

export const beep: Applet = {
  name: "beep",
  path: "/usr/bin/beep",
  usage: `[-f FREQ] [-l LEN] [-d DELAY] [-r COUNT] [-n ...]

Let the speaker sound

	-f	Tone in Hz
	-l	How long, in milliseconds
	-d	Silence afterwards, in milliseconds
	-r	So many times
	-n	Another tone: options after it are for that
`,
  main,
};
