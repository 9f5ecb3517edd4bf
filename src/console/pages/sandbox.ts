import { mapGivingWay } from '../../give-way.ts'
import { DEMOS } from '../../reporting/sandbox-demo.ts'
import { bubbleFrom } from '../chat-bubble.ts'
import { type BuiltPage, oneOf, type PageContext } from '../page.ts'

/** The stand-in keeps more, which nobody reads in one go. */
const SHOWN = 40

export async function sandbox({ request, facts, words }: PageContext): Promise<BuiltPage> {
  const channels = facts.sandboxChannels()
  const channel = oneOf(request.query['channel'], channels) ?? channels[0]
  const { robots } = await facts.glance()
  const ours = new Set(channel === undefined ? [] : facts.settings().channels.get(channel)?.robots)
  return {
    template: 'sandbox',
    active: '/sandbox',
    title: words.t('sandbox'),
    view: {
      channels,
      channel,
      rehearsals: DEMOS.map((name) => ({
        name,
        word: `play_${name}`,
        hint: `play_${name}Hint`,
      })),
      robots: robots.filter((robot) => ours.has(robot.name)),
      said: await mapGivingWay(
        facts.sandbox(SHOWN),
        (each) => ({
          at: each.at,
          robot: each.robot,
          bubble: bubbleFrom({ ...each, ...each.mention }),
        }),
        facts.giveWay,
      ),
      most: SHOWN,
    },
  }
}
