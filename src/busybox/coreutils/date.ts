// date: print or set the time (POSIX date; -d -D -r -R -I as in BusyBox)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime, type Zone } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { stat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseDate, parseDateFormat } from "../libbb/parse-date.ts";

/** -I: what it may be cut to, and the format of each. */
const ISO: readonly (readonly [name: string, format: string])[] = [
  ["date", "%Y-%m-%d"],
  ["hours", "%Y-%m-%dT%H"],
  ["minutes", "%Y-%m-%dT%H:%M"],
  ["seconds", "%Y-%m-%dT%H:%M:%S"],
  ["ns", "%Y-%m-%dT%H:%M:%S"],
];

/** MMDDhhmm[[YY]YY][.ss] of the operand, as the other forms have it: the year in front. */
function yearFirst(text: string): string {
  const m = /^([0-9]{8})((?:[0-9]{2}){1,2})?(\.[0-9]{2})?$/.exec(text);
  return m === null ? text : `${m[2] ?? ""}${m[1]}${m[3] ?? ""}`;
}

function isoText(p: Process, spec: string, seconds: number, nsec: number, zone: Zone): string {
  const iso = ISO.find(([name]) => spec !== "" && name.startsWith(spec));
  if (iso === undefined) p.usageError();
  const tm = localtime(seconds, zone);
  if (tm === undefined) return die("time out of range");
  let text = strftime(iso[1], tm);
  if (iso[0] === "ns") text += `,${String(nsec).padStart(9, "0")}`;
  if (iso[0] !== "date") text += strftime("%z", tm).replace(/(..)$/, ":$1");
  return text;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "Rs:ud:r:I::D:", {
    long: {
      "rfc-822": "R",
      "rfc-2822": "R",
      set: "s",
      utc: "u",
      date: "d",
      reference: "r",
    },
    exclusive: ["ds", "IR"],
    max: 2,
  });
  const zone = yield* timezone(p, opt.has("u") ? "UTC0" : undefined);
  const operands = [...opt.operands];
  let format = operands[0]?.startsWith("+") ? (operands.shift() as string).slice(1) : undefined;
  let text = opt.get("s") ?? opt.get("d");
  let sets = opt.has("s");
  const operand = operands[0];
  if (operand !== undefined) {
    if (text !== undefined || operands.length > 1) p.usageError();
    sets = true;
    text = yearFirst(operand);
  }

  let now = sys.clock_gettime(CLOCK_REALTIME);
  const reference = opt.get("r");
  if (reference !== undefined) {
    try {
      now = stat(sys, reference).mtime;
    } catch (e) {
      dieErrno(`can't stat '${reference}'`, e);
    }
  }
  let seconds = now.sec;
  let { nsec } = now;
  if (text !== undefined) {
    const pattern = opt.get("D");
    const parsed =
      pattern === undefined
        ? parseDate(text, now.sec, zone)
        : parseDateFormat(text, pattern, now.sec, zone);
    seconds = parsed ?? die(`invalid date '${operand ?? text}'`);
    nsec = 0;
    if (sets) {
      try {
        sys.clock_settime(CLOCK_REALTIME, { sec: seconds, nsec: 0 });
      } catch (e) {
        // The date is printed all the same.
        if (!(e instanceof Errno)) throw e;
        yield* p.warn("can't set date", e);
      }
    }
  }
  let line: string;
  if (format === undefined && opt.has("I"))
    line = isoText(p, opt.get("I") ?? "date", seconds, nsec, zone);
  else {
    format ??= opt.has("R") ? "%a, %d %b %Y %H:%M:%S %z" : "%a %b %e %H:%M:%S %Z %Y";
    const tm = localtime(seconds, zone);
    line = tm === undefined ? die("time out of range") : strftime(format, tm);
  }
  const w = p.stdout.puts(`${line}\n`);
  if (w) yield* w;
  return 0;
}

export const date: Applet = {
  name: "date",
  path: "/bin/date",
  usage: `[OPTIONS] [+FMT] [[-s] TIME]

Print the time in form FMT, or set it

	-u		In UTC
	-s TIME		Set it to TIME
	-d TIME		Print TIME instead of now
	-D FMT		TIME has this form (strptime)
	-r FILE		Print when FILE was changed
	-R		As in mail headers
	-I[SPEC]	As in ISO 8601, to SPEC: date (default), hours, minutes, seconds, ns

TIME is one of
	@seconds_since_1970
	hh:mm[:ss]
	[YYYY.]MM.DD-hh:mm[:ss]
	YYYY-MM-DD [hh[:mm[:ss]]]
	[[[[[YY]YY]MM]DD]hh]mm[.ss]
	MMDDhhmm[[YY]YY][.ss] without -s and -d
`,
  main,
};
