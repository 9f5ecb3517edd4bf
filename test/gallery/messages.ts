import type { Content } from '../../src/model/message.ts'
import type { Channel, Format, Language } from '../../src/model/settings.ts'
import { compose } from '../../src/notifiers/dingtalk/body.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { scenarios } from '../../src/rendering/templates/scenarios.ts'
import { channelNamed } from '../support/settings.ts'

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
  const mention = { mobiles: [MENTIONED_MOBILE], users: [], all: false, rules: [] }
  const channel = channelNamed('ops', { format, mention, ...changes })
  const settings = { language, timezone: ZONE, externalUrl: undefined, templates: '/nonexistent' }
  const renderer = createRenderer(settings, [channel])
  return scenarios(language, NOW).map(({ name, ask }) => {
    const contentOf = (title: string, text: string, buttons: Content['buttons'] = []): Content => ({
      format,
      title,
      text,
      mention: channel.mention,
      link: undefined,
      buttons,
    })
    const bodyOf = (content: Content): string => compose(content, [], 'a-key')
    const made =
      ask.kind === 'quota'
        ? { ...renderer.quota({ ...ask.warning, channel }), buttons: [] }
        : renderer.render({
            ...ask.request,
            channel,
            fits: (...parts) => Buffer.byteLength(bodyOf(contentOf(...parts))) <= 20_000,
          })
    const body = bodyOf(contentOf(made.title, made.text, made.buttons))
    return { situation: name, ...posted(body), faults: made.faults, body }
  })
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
