/**
 * The recommended body: one line for each variable. Values need no escaping and cannot break it. The description may
 * contain anything; it comes last and extends to the end.
 */
export const RECOMMENDED_NAMES = [
  'alarm_type',
  'alarm_name',
  'alarm_level',
  'alarm_status',
  'alarm_scope',
  'app_type',
  'alarm_target',
  'alarm_id',
  'alarm_url',
  'alarm_active_at',
  'alarm_resolved_at',
  'alarm_last_interval',
  'alarm_threshold',
  'value',
  'alarm_count',
  'alarm_group_by',
  'alarm_summary',
  'message_json',
  'alarm_description',
] as const

/** The text that an operator copies into OCP. */
export const RECOMMENDED_BODY = RECOMMENDED_NAMES.map((name) => `${name}=\${${name}}`).join('\n')

/**
 * Reads a body of the recommended template. Each value extends to the first line that begins with the next name, and is
 * only trimmed. If a single-line input field removed the line breaks, the names are found without them. Undefined for
 * any other body. Linear.
 */
export function recommendedIn(body: string): Record<string, string> | undefined {
  const isOneLine = !body.includes('\n') && !body.includes(`&${RECOMMENDED_NAMES[1]}=`)
  return split(body, '\n') ?? (isOneLine ? split(body, '') : undefined)
}

function split(body: string, separator: '\n' | ''): Record<string, string> | undefined {
  const [first, ...rest] = RECOMMENDED_NAMES
  if (!body.startsWith(`${first}=`)) return undefined
  const fields: Record<string, string> = Object.create(null)
  let name: string = first
  let from = first.length + 1
  for (const next of rest) {
    const end = body.indexOf(`${separator}${next}=`, from)
    if (end < 0) return undefined
    fields[name] = body.slice(from, end).trim()
    name = next
    from = end + separator.length + next.length + 1
  }
  fields[name] = body.slice(from).trim()
  return fields
}
