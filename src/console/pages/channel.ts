import type { Channel } from '../../model/settings.ts'
import { withVariables } from '../../pipeline/stored-alerts.ts'
import { type BuiltPage, type PageContext, testOutcomes } from '../page.ts'
import { endField, shownSilence, silencesOn } from '../silences.ts'
import { snippetsOf } from '../snippets.ts'
import { waitsIn } from '../waits.ts'

const MESSAGES = 6
const ALERTS = 10
const MAX_MUTES = 100

/** The page of one channel: what waits and why, mentions, mutes, and the URLs for senders. */
export async function channelPage(
  name: string,
  context: PageContext,
): Promise<BuiltPage | undefined> {
  const { request, facts, words } = context
  const { channels, access, externalUrl, timezone } = facts.settings()
  const settings = channels.get(name)
  if (settings === undefined) return undefined
  const overview = await facts.overview()
  const channel = overview.channels.find((each) => each.name === name)
  if (channel === undefined) return undefined
  const now = facts.now()
  const [latest, alerts, silences] = await Promise.all([
    facts.store.messages({ channel: name, limit: MESSAGES }),
    facts.store.alerts({ channel: name, limit: ALERTS }),
    facts.store.silences({ channel: name, inForceAt: now, limit: MAX_MUTES }),
  ])
  const read = await withVariables(alerts, facts.variablesOf)
  const waitsOf = waitsIn(overview, { words, now })
  return {
    template: 'channel',
    title: name,
    view: {
      channel,
      here: `/channels/${encodeURIComponent(name)}`,
      robots: overview.robots.filter((robot) => settings.robots.includes(robot.name)),
      waits: channel.waiting > 0 ? waitsOf.channel(name) : [],
      waitsOf,
      mention: mentionOf(settings),
      onCall: overview.onCall.filter(({ rota }) => settings.mention.oncall?.includes(rota)),
      aggregateMs: settings.aggregate?.everyMs,
      silences: silences.map((each) => shownSilence(each, { now, words })),
      timezone,
      ...endField({ now, timezone }, 2),
      posts: snippetsOf({
        url: externalUrl ?? request.origin ?? facts.url(),
        channel: name,
        access,
      }),
      messages: latest.items,
      alerts: read.items,
      silencesFor: await silencesOn(read.items, { facts, words }),
      outcomes: await testOutcomes(request.query, facts),
    },
  }
}

/** The people that each message of a channel mentions, as the configuration lists them. */
function mentionOf({ mention }: Channel) {
  const { mobiles, users, people = [], labels = [], all, rules } = mention
  return {
    people: [...people, ...users, ...mobiles.map(concealed)],
    labels,
    all,
    rules: rules.length,
  }
}

/** A mobile number with four hidden digits, which people who have the number still recognize. */
function concealed(mobile: string): string {
  return mobile.length < 8 ? mobile : `${mobile.slice(0, -8)}****${mobile.slice(-4)}`
}
