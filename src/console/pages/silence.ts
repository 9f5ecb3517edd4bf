import type { SilenceForm } from '../../model/console-page.ts'
import { matcherText } from '../../model/silence.ts'
import type { SilenceView } from '../../pipeline/silencing.ts'
import { formattersOf } from '../format.ts'
import type { Words } from '../i18n.ts'
import { endField, shownSilence } from '../silences.ts'

const LENGTHS = {
  silence: ['30m', '2h', 'tomorrow'],
  mute: ['30m', '2h', 'recovery'],
} as const

interface SilencePageContext {
  words: Words
  now: Date
  timezone: string
}

/** The data of the template `silence`; `subject` is undefined if there is nothing to silence. */
export function silencePage(view: SilenceView, form: SilenceForm, context: SilencePageContext) {
  const { words, now, timezone } = context
  const { t } = words
  const tools = { ...formattersOf(context), ...form, timezone, problem: problemOf(form, words) }
  switch (view.kind) {
    case 'expired':
      return { ...tools, title: t('silenceExpired'), hint: t('silenceExpiredHint') }
    case 'gone':
      return { ...tools, title: t('silenceGone'), hint: t('silenceGoneHint') }
    case 'wrong':
      return { ...tools, title: t('silenceWrong'), hint: t('silenceWrongHint') }
    case 'silence':
    case 'mute': {
      const { variables } = view.alert
      const options = view.options.map(({ scope, matchers }) => ({
        scope,
        matchers: matchers.map(matcherText),
      }))
      const preferred = ['restarts', 'alert'].find((each) =>
        options.some(({ scope }) => scope === each),
      )
      return {
        ...tools,
        title: t(view.kind === 'mute' ? 'muteTitle' : 'silenceTitle'),
        subject: {
          kind: view.kind,
          channel: view.channel.name,
          alertLevel: view.level,
          name: (variables['alarm_name'] ?? '').slice(0, 200),
          target: (variables['alarm_target'] ?? '').slice(0, 400),
          summary: (variables['alarm_summary'] ?? '').slice(0, 400),
        },
        options,
        chosen: form.scope ?? preferred,
        lengths: LENGTHS[view.kind],
        ...endField(context, 4),
        ...(form.until !== '' && { picked: form.until }),
        silences: view.silences.map((each) => shownSilence(each, { now, words })),
      }
    }
  }
}

function problemOf({ failure }: SilenceForm, { t }: Words): string | undefined {
  switch (failure?.kind) {
    case 'wrong':
      return t(`wrong_${failure.what}`)
    case 'refused':
      return t('silenceRefused', { words: failure.explanation })
    case 'unreachable':
      return t('silenceUnreachable', { words: failure.explanation })
    case undefined:
      return undefined
  }
}
