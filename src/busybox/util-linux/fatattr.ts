// fatattr: attributes of files on FAT file systems (fatattr(1))
import { O_RDONLY } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice, xioctl } from "../libbb/device.ts";

const FAT_IOCTL_GET_ATTRIBUTES = 0x80047210;
const FAT_IOCTL_SET_ATTRIBUTES = 0x40047211;
/** In the order of the bits. */
const LETTERS = "rhsvda67";

function* main(p: Process): Steps<number> {
  const words = p.argv.slice(1);
  let [add, remove] = [0, 0];
  while (/^[-+]/.test(words[0] ?? "")) {
    const word = words.shift() as string;
    for (const c of word.slice(1)) {
      const bit = LETTERS.indexOf(c);
      if (bit < 0) die(`invalid character '${c}'`);
      if (word.startsWith("+")) add |= 1 << bit;
      else remove |= 1 << bit;
    }
  }
  if (words.length === 0) p.usageError();
  for (const path of words) {
    const fd = yield* openDevice(p, path, O_RDONLY);
    const attributes = Number(yield* xioctl(p, fd, FAT_IOCTL_GET_ATTRIBUTES));
    if (add !== 0 || remove !== 0)
      yield* xioctl(p, fd, FAT_IOCTL_SET_ATTRIBUTES, (attributes | add) & ~remove);
    else {
      const shown = [...LETTERS].map((c, i) => (((attributes >> i) & 1) !== 0 ? c : " ")).join("");
      const w = p.stdout.puts(`${shown} ${path}\n`);
      if (w) yield* w;
    }
    p.sys.close(fd);
  }
  return 0;
}

export const fatattr: Applet = {
  name: "fatattr",
  path: "/bin/fatattr",
  usage: `[-+rhsvda] FILE...

Show or change attributes of files on a FAT file system

	+	Give
	-	Take away
	r	Read only
	h	Hidden
	s	Of the system
	v	Volume label
	d	Directory
	a	To be archived
`,
  main,
};
