/** What stands for nothing, and a placeholder that OCP left unresolved, count as absent. */
const BLANK_VALUES =
  /^(?:|-+|0|null|nil|none|n\/a|undefined|(?:0001-01-01|1970-01-01|1969-12-31).{0,30}|\$\{[\w.-]{1,80}\})$/i

/** What a field says, without white space around it; undefined where it says nothing. */
export function nonBlank(value: string | undefined): string | undefined {
  const text = value?.trim()
  return text === undefined || BLANK_VALUES.test(text) ? undefined : text
}

/** The first of some fields that says something. */
export function firstNonBlank(
  fields: Readonly<Record<string, string>>,
  names: readonly string[],
): string | undefined {
  return names.map((name) => nonBlank(fields[name])).find((text) => text !== undefined)
}
