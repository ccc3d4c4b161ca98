// Attributes of GPT partitions by name (UEFI 5.3.3, sfdisk(8)).

const NAMES: readonly (readonly [string, number])[] = [
  ["RequiredPartition", 0],
  ["NoBlockIOProtocol", 1],
  ["LegacyBIOSBootable", 2],
];
/** Bits whose meaning the type gives. */
const FIRST_OWN = 48;

/** "LegacyBIOSBootable GUID:60,61"; undefined when a word is unknown. */
export function parseAttributes(text: string): bigint | undefined {
  let attrs = 0n;
  for (const word of text.split(/[\s,]+/)) {
    if (word === "") continue;
    const named = NAMES.find(([name]) => name === word)?.[1];
    const bit = named ?? Number(/^(?:GUID:)?(\d{1,2})$/.exec(word)?.[1] ?? Number.NaN);
    if (!(bit <= 2 || (bit >= FIRST_OWN && bit <= 63))) return undefined;
    attrs |= 1n << BigInt(bit);
  }
  return attrs;
}

/** The way back; "" for none. */
export function attributesText(attrs: bigint): string {
  const words = NAMES.filter(([, bit]) => (attrs & (1n << BigInt(bit))) !== 0n).map(
    ([name]) => name,
  );
  const own: number[] = [];
  for (let bit = FIRST_OWN; bit < 64; bit++)
    if ((attrs & (1n << BigInt(bit))) !== 0n) own.push(bit);
  if (own.length > 0) words.push(`GUID:${own.join(",")}`);
  return words.join(" ");
}
