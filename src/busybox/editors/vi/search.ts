// vi's searches: plain text, as BusyBox has it without regular expressions.
import type { Pos } from "./buffer.ts";
import type { Vi } from "./state.ts";

function fold(vi: Vi, s: string): string {
  return vi.options.ignorecase ? s.toLowerCase() : s;
}

/** The first place of `text` behind (or before) a place, going around the end of the file with a message. */
export function searchFrom(vi: Vi, from: Pos, text: string, forward: boolean): Pos | undefined {
  const { lines } = vi.buf;
  const want = fold(vi, text);
  const n = lines.length;
  for (let step = 0; step <= n; step++) {
    const row = (((from.row + (forward ? step : -step)) % n) + n) % n;
    const line = fold(vi, lines[row] as string);
    let col: number;
    if (forward) {
      col = line.indexOf(want, step === 0 ? from.col + 1 : 0);
      // Back in the first line: only what stands before the start.
      if (step === n && col > from.col) col = -1;
    } else {
      const start = step === 0 ? from.col - 1 : line.length;
      col = start < 0 ? -1 : line.lastIndexOf(want, start);
      if (step === n && col < from.col) col = -1;
    }
    if (col < 0) continue;
    const wrapped = step === n || (forward ? row < from.row : row > from.row);
    if (wrapped) {
      vi.complain(
        forward ? "search hit BOTTOM, continuing at TOP" : "search hit TOP, continuing at BOTTOM",
      );
    }
    return { row, col };
  }
  return undefined;
}

/** The `n`th place of the last search's text; complains when there is none. */
export function searchAgain(vi: Vi, same: boolean, n: number): Pos | undefined {
  const search = vi.search;
  if (search === undefined) {
    vi.complain("No previous search");
    return undefined;
  }
  const forward = search.forward === same;
  let at: Pos = vi.cursor;
  for (let i = 0; i < n; i++) {
    const found = searchFrom(vi, at, search.text, forward);
    if (found === undefined) {
      vi.complain("Pattern not found");
      return undefined;
    }
    at = found;
  }
  return at;
}

/** The bracket that belongs to the one at a place; undefined when there is none. */
export function matching(vi: Vi, from: Pos): Pos | undefined {
  const { buf } = vi;
  const c = buf.line(from.row).charAt(from.col);
  const at = "()[]{}".indexOf(c);
  if (at < 0 || c === "") return undefined;
  const other = "()[]{}".charAt(at ^ 1);
  const forward = at % 2 === 0;
  let depth = 0;
  for (let row = from.row; row >= 0 && row <= buf.last; row += forward ? 1 : -1) {
    const line = buf.line(row);
    let col = row === from.row ? from.col : forward ? 0 : line.length - 1;
    for (; col >= 0 && col < line.length; col += forward ? 1 : -1) {
      const d = line.charAt(col);
      if (d === c) depth++;
      else if (d === other && --depth === 0) return { row, col };
    }
  }
  return undefined;
}
