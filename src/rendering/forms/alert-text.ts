import type { RenderContext } from '../context.ts'
import type { Part } from '../templates/loader.ts'
import type { AlertView } from '../templates/view.ts'

/** From this many changes on, an alert is shown as flapping. */
export const FLAPPING_CHANGES = 2

/**
 * Renders an alert with its template part, or as plain lines if even the built-in part fails. `fullView` includes the
 * values that the group shows once; it decides which part is used.
 */
export function alertText(view: AlertView, context: RenderContext, fullView = view): string {
  return context.renderPart(partFor(fullView), view) ?? plainText(view, context)
}

function partFor({ changes, isResolved, summary, details, labels }: AlertView): Part {
  if (changes >= FLAPPING_CHANGES) return 'flapping'
  if (isResolved) return 'recovery'
  return summary !== '' || details !== '' || labels.length === 0 ? 'alert' : 'bare'
}

const PLAIN = [
  'alarm_name',
  'alarm_level',
  'alarm_status',
  'alarm_target',
  'alarm_summary',
  'alarm_active_at',
  'alarm_resolved_at',
  'alarm_description',
  'alarm_url',
]

function plainText({ v }: AlertView, context: RenderContext): string {
  return PLAIN.flatMap((name) =>
    v[name] === undefined ? [] : `- ${context.markup.bold(v[name])}`,
  ).join('\n')
}

/** The number of lines that are not blank. */
export function lineCount(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}
