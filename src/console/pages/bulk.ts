import { pathWith } from '../format.ts'
import type { BuiltPage, PageContext } from '../page.ts'

/** Asks a person to confirm an action on several messages, with their number and the cost. */
export function bulkPage({ request, words }: PageContext): BuiltPage | undefined {
  const { bulk } = request
  if (bulk === undefined) return undefined
  const { act, messages, more, fields } = bulk
  const { which: _which, id: _id, ...filters } = Object.fromEntries(fields)
  const isResend = act === 'resend'
  return {
    template: 'bulk',
    title: words.n(isResend ? 'resendAskN' : 'dismissAskN', messages),
    view: {
      act,
      fields,
      back: pathWith('/messages', { state: 'dead', ...filters }),
      cost: isResend ? words.n('costN', messages) : words.t('dismissHint'),
      more: more ? words.t('resendMore') : undefined,
      button: words.t(isResend ? 'sendAgain' : 'dismiss'),
    },
  }
}
