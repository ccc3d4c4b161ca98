// The text that sort sorts: all of it in one array, and where its lines begin and end.

/** Lines of a text, without what ends them. */
export class Lines {
  readonly text: Uint8Array;
  /** Line i is text[start[i] … end[i]). */
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly count: number;

  /** Lines end in `delimiter`; a NUL ends one too. The last may lack its end. */
  constructor(text: Uint8Array, delimiter: number) {
    this.text = text;
    let starts = new Int32Array(Math.max(1024, text.length >> 5));
    let n = 0;
    const size = text.length;
    const also = text.includes(0) ? 0 : delimiter;
    for (let i = 0; i < size; ) {
      if (n === starts.length) {
        const more = new Int32Array(n * 2);
        more.set(starts);
        starts = more;
      }
      starts[n++] = i;
      while (i < size && text[i] !== delimiter && text[i] !== also) i++;
      i++;
    }
    this.count = n;
    this.start = starts.subarray(0, n);
    this.end = new Int32Array(n);
    for (let i = 0; i + 1 < n; i++) this.end[i] = (starts[i + 1] as number) - 1;
    if (n > 0) {
      const last = text[size - 1];
      this.end[n - 1] = last === delimiter || last === also ? size - 1 : size;
    }
  }
}
