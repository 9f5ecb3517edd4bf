import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import type { Part } from '../templates/loader.ts'
import { type AlertView, type ViewOptions, viewOf } from '../templates/view.ts'
import { isOcpAlert } from '../text/sender.ts'

/** With this many changes an alert is shown as flapping. */
const FLAPPING_CHANGES = 2

/**
 * An alert as its part shows it: the operator's, or plain lines where even the built-in one fails. `whole` is its view
 * with what the group shows once for all, which still decides the part.
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

/** Lines that hold something. */
export function lineCount(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}

/** Of a long text in a whole alert above many others, so much is shown. */
const HEAD_VALUE = { longest: 1_000, maxLines: 12 } as const

/** Alerts in full above a digest, made once each. */
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
