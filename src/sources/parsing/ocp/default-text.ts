/** The labels of OCP's default message templates, in three languages and of all versions. */
const LABELS: Readonly<Record<string, string>> = {
  alarm_name: 'Name|名称|名稱',
  alarm_level: 'Level|级别|級別|告警级别|告警等级|警示級別',
  alarm_target: 'Alert target|Alert object|Target|告警对象|告警對象|警示對象|对象',
  alarm_summary: 'Summary|概述',
  alarm_active_at: 'Generation time|Generated at|生成时间|生成時間|產生時間',
  alarm_resolved_at: 'Recovered at|恢复时间|恢復時間',
  alarm_description: 'Description|Details|详情|告警详情|詳情|警示詳情',
  alarm_url: 'OCP URL|OCP link|OCP ?链接|OCP ?連結',
  alarm_count: 'Alerts|告警数量|警示數量',
  alarm_group_by: 'Aggregation group|聚合分组|聚合分組',
}

const NAME_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(LABELS).flatMap(([name, labels]) =>
    labels.split('|').map((label) => [keyOf(label), name] as const),
  ),
)

/** Longest first, so that `Alerts` does not match in `Alert target`. */
const LABEL = [...Object.values(LABELS).flatMap((labels) => labels.split('|'))]
  .sort((a, b) => b.length - a.length)
  .join('|')

/** `- Level: Down`, `> - 级别：停服`; the English recovery template has no colon. */
const LINE = new RegExp(`^[\\s>]{0,10}([-*•]\\s{1,4})?(${LABEL})(\\s{0,4}[:：]|\\s)(.*)$`, 'i')
const BULLET = /^[\s>]{0,10}[-*•]\s/
const LINK = /^[\s>]{0,10}(?:[-*•]\s{1,4})?\[[^\]]{1,60}\]\((https?:\/\/[^\s)]{1,2000})\)\s*$/

/** OCP's own titles, optionally in a heading, brackets or a color; the rule's name may follow. */
const TITLE =
  /^(?:<[^<>]{0,60}>|[\s#>*_[【]){0,20}(?:OCP\s{0,4})?(?:(?:Alert|Alarm) (?:Recover(?:y|ed)? )?Notification|(?:告警|警示)(?:恢[复復])?通知)(.*)$/i
/** What follows the title if the text names no rule. */
const NO_NAME = /^\s*[-–]\s*(?:Single Alert|Multiple Alerts|[单單多][条條](?:告警|警示))/i

/**
 * Extracts variables from a text of OCP's default templates: one of OCP's titles, then labeled lines. `isComplete`:
 * the variables include a target and cover the whole text. No fields for any other text. Linear.
 */
export function fieldsInText(text: string): {
  fields: Record<string, string>
  isComplete: boolean
} {
  const lines = text.trim().split(/\r\n|\r|\n/)
  const fields: Record<string, string> = Object.create(null)
  const title = TITLE.exec(lines[0] ?? '')
  if (title === null || !lines.some((line, at) => at > 0 && LINE.test(line)))
    return { fields, isComplete: false }
  const name = nameBehind(title[1] ?? '')
  if (name !== '') fields['alarm_name'] = name
  let isComplete = true
  let last: string | undefined
  for (const line of lines.slice(1)) {
    const [, bullet, label = '', mark = '', value = ''] = LINE.exec(line) ?? []
    const [, url] = LINK.exec(line) ?? []
    const found = NAME_OF.get(keyOf(label))
    const isLabeled = bullet !== undefined || /[:：]/.test(mark)
    if (found !== undefined && isLabeled && fields[found] === undefined) {
      fields[found] = value.trim()
      last = found
    } else if (url !== undefined && fields['alarm_url'] === undefined) {
      fields['alarm_url'] = url
    } else if (last === 'alarm_description' || last === 'alarm_summary') {
      // These values may span lines. A line with a bullet may also be the operator's own addition.
      fields[last] += `\n${line.trimEnd()}`
      if (BULLET.test(line)) isComplete = false
    } else if (line.trim() !== '') isComplete = false
  }
  for (const [each, value] of Object.entries(fields))
    if (value.trim() === '') delete fields[each]
    else fields[each] = value.trimEnd()
  return { fields, isComplete: isComplete && fields['alarm_target'] !== undefined }
}

const MAX_NAME_LENGTH = 300

function nameBehind(rest: string): string {
  if (NO_NAME.test(rest)) return ''
  return rest
    .slice(0, MAX_NAME_LENGTH)
    .replace(/<[^<>]{0,60}>/g, '')
    .replace(/^[\]】*_\s:：-]+|[*_\s]+$/g, '')
    .trim()
}

function keyOf(label: string): string {
  return label.toLowerCase().replaceAll(/[ ?]/g, '')
}
