/** Values treated as missing: "null", "-", "n/a", zero times, unresolved `${…}` placeholders. */
const BLANK_VALUES =
  /^(?:|-+|0|null|nil|none|n\/a|undefined|(?:0001-01-01|1970-01-01|1969-12-31).{0,30}|\$\{[\w.-]{1,80}\})$/i

/** The trimmed value of a field; undefined where it is blank. */
export function nonBlank(value: string | undefined): string | undefined {
  const text = value?.trim()
  return text === undefined || BLANK_VALUES.test(text) ? undefined : text
}

/** The first field that is not blank. */
export function firstNonBlank(
  fields: Readonly<Record<string, string>>,
  names: readonly string[],
): string | undefined {
  return names.map((name) => nonBlank(fields[name])).find((text) => text !== undefined)
}
