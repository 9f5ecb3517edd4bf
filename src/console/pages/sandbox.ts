import { mapGivingWay } from '../../give-way.ts'
import { DEMOS } from '../../reporting/sandbox-demo.ts'
import { bubbleOfContent } from '../chat-bubble.ts'
import { type BuiltPage, oneOf, type PageContext } from '../page.ts'

const MAX_MESSAGES = 40

export async function sandbox({ request, facts, words }: PageContext): Promise<BuiltPage> {
  const channels = facts.sandboxChannels()
  const channel = oneOf(request.query['channel'], channels) ?? channels[0]
  const { robots } = await facts.overview()
  const ours = new Set(channel === undefined ? [] : facts.settings().channels.get(channel)?.robots)
  return {
    template: 'sandbox',
    active: '/sandbox',
    title: words.t('sandbox'),
    view: {
      channels,
      channel,
      demos: DEMOS.map((name) => ({
        name,
        word: `play_${name}`,
        hint: `play_${name}Hint`,
      })),
      robots: robots.filter((robot) => ours.has(robot.name)),
      messages: await mapGivingWay(
        facts.sandbox(MAX_MESSAGES),
        (each) => ({
          at: each.at,
          robot: each.robot,
          bubble: bubbleOfContent({ ...each, ...each.mention }),
        }),
        facts.giveWay,
      ),
      limit: MAX_MESSAGES,
    },
  }
}
