import { type BuiltPage, oneOf, type PageContext } from '../page.ts'
import { snippetsOf } from '../snippets.ts'

/** The reply to accepted alerts. */
const OK = '{"errcode":0,"errmsg":"ok"}'

/** The name in a URL that lets the routes choose the channels. */
const AUTO = 'auto'

export function setup({ request, facts, words }: PageContext): BuiltPage {
  const { access, channels, routes, externalUrl } = facts.settings()
  const names = [...(routes.length > 0 ? [AUTO] : []), ...channels.keys()]
  const channel = oneOf(request.query['channel'], names) ?? (names[0] as string)
  return {
    template: 'setup',
    title: words.t('setup'),
    view: {
      channels: names,
      channel,
      auto: AUTO,
      isExternal: externalUrl !== undefined,
      needsCredentials: access.auth.length > 0,
      ...snippetsOf({ url: externalUrl ?? request.origin ?? facts.url(), channel, access }),
      ocpBody: facts.ocpBody,
      ok: OK,
    },
  }
}
