import type { Content } from '../../../src/model/message.ts'
import type { Channel, Format, Language } from '../../../src/model/settings.ts'
import { compose, MAX_BODY_BYTES } from '../../../src/notifiers/dingtalk/body.ts'
import { mentionPositionOf } from '../../../src/pipeline/message-mention.ts'
import { carriesEnough } from '../../../src/rendering/forms/limits.ts'
import { createRenderer } from '../../../src/rendering/renderer.ts'
import { scenarios } from '../../../src/rendering/templates/scenarios.ts'
import type { QuotaWarning, RenderRequest } from '../../../src/rendering/types.ts'
import { channelNamed } from '../../support/settings.ts'
import { scenes } from './scenes.ts'

export const LANGUAGES: readonly Language[] = ['en-US', 'zh-CN', 'zh-TW']
export const FORMATS: readonly Format[] = ['markdown', 'text', 'actionCard']

/** Three minutes past three in the morning, in the zone of the samples. */
export const NOW = new Date('2026-11-24T19:03:30Z')
export const ZONE = 'Asia/Shanghai'

/** Whom the channel of the gallery mentions. */
export const MENTIONED_MOBILE = '13900000000'

/** One message as it would be posted. */
export interface Shown {
  situation: string
  title: string
  text: string
  buttons: readonly { title: string; url: string }[]
  body: string
  faults: readonly string[]
}

/** Every situation in a language and a format, as a channel would post it. */
export function messagesIn(
  language: Language,
  format: Format,
  changes: Partial<Channel> = {},
): Shown[] {
  const post = poster(language, format, changes)
  return scenarios(language, NOW).map(({ name, ask }) =>
    ask.kind === 'quota'
      ? post.quota(name, ask.warning)
      : post.message(name, ask.request, [ask.request.form]),
  )
}

/** Every real-shaped alert and what comes together, as Markdown in a language. */
export async function scenesIn(language: Language): Promise<Shown[]> {
  const post = poster(language, 'markdown', {})
  const all = await scenes(NOW)
  return all.map(({ name, request, forms }) => post.message(name, request, forms))
}

/** Messages that one of a storm may be. */
const MAX_MESSAGES = 3

/** Posts as a channel would that mentions somebody. */
function poster(language: Language, format: Format, changes: Partial<Channel>) {
  const mention = { mobiles: [MENTIONED_MOBILE], users: [], all: false, rules: [] }
  const channel = channelNamed('ops', { format, mention, ...changes })
  const settings = { language, timezone: ZONE, templates: '/nonexistent' }
  const renderer = createRenderer(settings, [channel])
  const content = { format, mention: channel.mention, link: undefined }
  const bodyOf = (own: Pick<Content, 'title' | 'text' | 'buttons' | 'mentionAt'>): string =>
    compose({ ...content, ...own }, [], 'a-key')
  return {
    quota(situation: string, warning: Omit<QuotaWarning, 'channel'>): Shown {
      const { title, text, faults } = renderer.quota({ ...warning, channel })
      const body = bodyOf({ title, text, buttons: [] })
      return { situation, ...posted(body), faults, body }
    },
    message(
      situation: string,
      request: Omit<RenderRequest, 'channel' | 'fits' | 'form'>,
      forms: readonly RenderRequest['form'][],
    ): Shown {
      const mentionAt = mentionPositionOf(request.alerts)
      const renderAs = (form: RenderRequest['form']) =>
        renderer.render({
          messages: MAX_MESSAGES,
          ...request,
          form,
          channel,
          fits: (title, text, buttons) =>
            Buffer.byteLength(bodyOf({ title, text, buttons, mentionAt })) <= MAX_BODY_BYTES,
        })
      const form =
        forms.find((each) => {
          const { included, isReadable = true } = renderAs(each)
          return isReadable && carriesEnough(included, request.alerts, MAX_MESSAGES)
        }) ?? 'counts'
      const { title, text, buttons, faults } = renderAs(form)
      const body = bodyOf({ title, text, buttons, mentionAt })
      return { situation, ...posted(body), faults, body }
    },
  }
}

/** What a body shows; its text with whom it mentions. */
function posted(body: string): Pick<Shown, 'title' | 'text' | 'buttons'> {
  const json = JSON.parse(body)
  const part = json[json.msgtype]
  const btns = (part.btns ?? []).map((button: { title: string; actionURL: string }) => ({
    title: button.title,
    url: button.actionURL,
  }))
  const single = part.singleTitle && [{ title: part.singleTitle, url: part.singleURL }]
  return { title: part.title ?? '', text: part.text ?? part.content, buttons: single ?? btns }
}
