import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import type { Part } from '../templates/loader.ts'
import { type AlertView, type ViewOptions, viewOf } from '../templates/view.ts'
import { isOcpAlert } from '../text/sender.ts'

/** From this many changes on, an alert is shown as flapping. */
const FLAPPING_CHANGES = 2

/**
 * Renders an alert with its template part, or as plain lines if even the built-in part fails. `whole` is the view that
 * includes the values that the group shows once; it decides which part is used.
 */
export function alertText(view: AlertView, making: RenderContext, whole = view): string {
  return making.renderPart(partFor(whole), view) ?? plainText(view, making)
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

function plainText({ v }: AlertView, making: RenderContext): string {
  return PLAIN.flatMap((name) =>
    v[name] === undefined ? [] : `- ${making.markup.bold(v[name])}`,
  ).join('\n')
}

/** The number of lines that are not blank. */
export function lineCount(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}

/** Limits of a value in an alert that is shown in full above a digest. */
const HEAD_VALUE = { longest: 1_000, maxLines: 12 } as const

/** Renders an alert in full for the top of a digest, once for all lengths that are tried. */
export function headText(
  told: MessageAlert,
  making: RenderContext,
  { distinct, without = [] }: Pick<ViewOptions, 'distinct' | 'without'>,
): string {
  const isOcp = isOcpAlert(told.alert)
  const own = { distinct: distinct ?? [], without: isOcp ? [] : without, ...HEAD_VALUE }
  return making.memo(`head ${own.without.length}`, told, () => {
    const view = viewOf(told, making, { ...own, grouped: true })
    const whole = viewOf(told, making, { ...own, without: [], grouped: true })
    return alertText(view, making, whole)
  })
}
