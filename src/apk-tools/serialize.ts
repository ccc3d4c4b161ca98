// Structured output: YAML and JSON as `apk query` and `apk adbdump` write them, and plain text for people.

/** A number written in octal where the format allows it. */
export class Octal {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A list whose length is not known when its first item is written: YAML does not tell it. */
export class Uncounted {
  readonly items: readonly string[];

  constructor(items: readonly string[]) {
    this.items = items;
  }
}

/** What can be written. Texts are byte strings. Maps keep their order. */
export type Value =
  | string
  | number
  | Octal
  | Uncounted
  | readonly Value[]
  | ReadonlyMap<string, Value>;

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function scalar(value: string | number | Octal): string {
  if (value instanceof Octal) return value.value.toString(8).padStart(4, "0");
  return String(value);
}

/** A text of several lines: "|" and its lines, one level deeper. */
function yamlBlock(text: string, indent: string): string {
  const lines = text.endsWith("\n") ? text.slice(0, -1) : text;
  return `|\n${lines
    .split("\n")
    .map((line) => `${indent}  ${line}\n`)
    .join("")}`;
}

/** What stands behind "key:" or "-", with the end of its line. */
function yamlValue(value: Value, indent: string): string {
  if (value instanceof Uncounted) return `\n${yamlItems(value.items, indent)}`;
  if (isList(value)) return ` # ${value.length} items\n${yamlItems(value, indent)}`;
  if (value instanceof Map) return `\n${yamlFields(value, `${indent}  `)}`;
  if (typeof value === "string" && value.includes("\n")) return ` ${yamlBlock(value, indent)}`;
  return ` ${scalar(value as string | number | Octal)}\n`;
}

function yamlFields(map: ReadonlyMap<string, Value>, indent: string): string {
  let text = "";
  for (const [key, value] of map) text += `${indent}${key}:${yamlValue(value, indent)}`;
  return text;
}

function yamlItems(list: readonly Value[], indent: string): string {
  let text = "";
  for (const item of list) {
    if (item instanceof Map) {
      // The first field stands behind the dash.
      const fields = yamlFields(item, `${indent}    `);
      text += `${indent}  - ${fields.slice(indent.length + 4)}`;
    } else if (isList(item)) text += `${indent}  -${yamlValue(item, `${indent}  `)}`;
    else text += `${indent}  -${yamlValue(item, `${indent}  `)}`;
  }
  return text;
}

/** YAML. A list at the top is not indented. */
export function formatYaml(value: Value): string {
  if (isList(value))
    return `# ${value.length} items\n${yamlItems(value, "").replace(/^ {2}/gm, "")}`;
  if (value instanceof Map) return yamlFields(value, "");
  return `${scalar(value as string | number | Octal)}\n`;
}

/** A JSON string of a byte string: UTF-8 passes, what JSON must escape is escaped. */
function jsonString(text: string): string {
  let quoted = '"';
  for (const c of text) {
    const code = c.charCodeAt(0);
    if (c === '"' || c === "\\") quoted += `\\${c}`;
    else if (code >= 0x20) quoted += c;
    else if (c === "\n") quoted += "\\n";
    else if (c === "\t") quoted += "\\t";
    else if (c === "\r") quoted += "\\r";
    else quoted += `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return `${quoted}"`;
}

function json(value: Value, indent: string): string {
  const inner = `${indent}  `;
  if (value instanceof Uncounted) return json(value.items, indent);
  if (isList(value)) {
    if (value.length === 0) return "[]";
    let text = "[";
    value.forEach((item, i) => {
      // Objects follow one another as "}, {".
      const sameLine = i > 0 && item instanceof Map && value[i - 1] instanceof Map;
      text += `${i > 0 ? "," : ""}${sameLine ? " " : `\n${inner}`}${json(item, inner)}`;
    });
    return `${text}\n${indent}]`;
  }
  if (value instanceof Map) {
    if (value.size === 0) return "{}";
    const fields = [...value].map(
      ([key, item]) => `${inner}${jsonString(key)}: ${json(item, inner)}`,
    );
    return `{\n${fields.join(",\n")}\n${indent}}`;
  }
  if (value instanceof Octal) return String(value.value);
  return typeof value === "number" ? String(value) : jsonString(value as string);
}

/** JSON in lines. */
export function formatJson(value: Value): string {
  return `${json(value, "")}\n`;
}

/** "build-time" → "Build-Time". */
function capitals(key: string): string {
  return key.replace(/(^|-)([a-z])/g, (_, dash: string, c: string) => dash + c.toUpperCase());
}

/** For people: "Field: value" lines, lists one item a line, a blank line between objects. */
export function formatText(value: Value): string {
  if (isList(value)) {
    const nested = value.some((item) => item instanceof Map);
    return value.map((item) => formatText(item)).join(nested ? "\n" : "");
  }
  if (!(value instanceof Map)) return `${scalar(value as string | number | Octal)}\n`;
  let text = "";
  for (const [key, item] of value) text += `${capitals(key)}:${yamlValue(item, "")}`;
  return text;
}
