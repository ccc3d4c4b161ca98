// The `s` command of sed as a function from text to text.
import { isAscii } from "../../lib/utf8.ts";
import { REG_NOTBOL, type Regex } from "../../libc/regex/regex.ts";
import type { Replacement } from "./sed-script.ts";

/** Puts text in for matches; undefined when there was none (or not so many). */
export type Substitute = (text: string) => string | undefined;

function insert(parts: Replacement, text: string, m: Int32Array): string {
  let out = "";
  for (const part of parts) {
    if (typeof part === "string") out += part;
    else {
      const from = m[2 * part];
      if (from !== undefined && from >= 0) out += text.slice(from, m[2 * part + 1]);
    }
  }
  return out;
}

/** Any pattern, any text. */
function general(regex: Regex, parts: Replacement, which: number): Substitute {
  return (text) => {
    let out = "";
    let done = false;
    let copied = 0;
    let last = -1;
    for (let at = 0, count = 0; at <= text.length; ) {
      const m = regex.exec(text, at, at > 0 ? REG_NOTBOL : 0);
      if (m === undefined) break;
      const start = m[0] as number;
      const end = m[1] as number;
      // Nothing right after a match is no match.
      if (start !== end || start !== last) {
        count++;
        if (which === 0 || count === which) {
          out += text.slice(copied, start) + insert(parts, text, m);
          copied = end;
          done = true;
          if (which !== 0) break;
        }
      }
      last = end;
      at = end > start ? end : end + 1;
    }
    return done ? out + text.slice(copied) : undefined;
  };
}

/** The replacement as String.replace takes it; groups that the pattern does not have are empty. */
function template(parts: Replacement, groups: number): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part.replaceAll("$", "$$$$");
      return part === 0 ? "$&" : part > groups ? "" : `$${String(part).padStart(2, "0")}`;
    })
    .join("");
}

/** Compiles `s`; `pattern` is the source, which tells what the regex cannot. */
export function compileSubstitute(
  regex: Regex,
  pattern: string,
  parts: Replacement,
  which: number,
  utf8: boolean,
): Substitute {
  const slow = general(regex, parts, which);
  const { literal, js } = regex;
  if (which > 1) return slow;
  const constant = parts.length === 1 && typeof parts[0] === "string" ? parts[0] : undefined;
  if (literal !== undefined && literal !== "" && constant !== undefined && which === 0) {
    // "$" is no sign for a function's result.
    const dollars = constant.replaceAll("$", "$$$$");
    return (text) => {
      if (!text.includes(literal)) return undefined;
      if (utf8 && !isAscii(text)) return slow(text);
      return text.replaceAll(literal, dollars);
    };
  }
  // Searches that go on start anew for these.
  if (js === undefined || /\\[<>bB]/.test(pattern)) return slow;
  const first = new RegExp(js.source);
  const max = regex.jsMaxText;
  const usable = (text: string): boolean => text.length <= max && (!utf8 || isAscii(text));
  if (which === 0) {
    if (first.test("")) return slow;
    const by = template(parts, regex.nsub);
    return (text) => {
      if (!usable(text)) return slow(text);
      return first.test(text) ? text.replace(js, by) : undefined;
    };
  }
  return (text) => {
    if (!usable(text)) return slow(text);
    const m = first.exec(text);
    if (m === null) return undefined;
    let out = text.slice(0, m.index);
    for (const part of parts) out += typeof part === "string" ? part : (m[part] ?? "");
    return out + text.slice(m.index + m[0].length);
  };
}
