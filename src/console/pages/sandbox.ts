import { DEMOS } from '../../reporting/sandbox-demo.ts'
import { mapYielding } from '../../time-slices.ts'
import { bubbleOfContent } from '../chat-bubble.ts'
import { type BuiltPage, oneOf, type PageContext } from '../page.ts'

const MAX_MESSAGES = 40

export async function sandbox({ request, facts, words }: PageContext): Promise<BuiltPage> {
  const channels = facts.sandboxChannels()
  const channel = oneOf(request.query['channel'], channels) ?? channels[0]
  const { robots, channels: states } = await facts.overview()
  const { channels: all, robots: limits } = facts.settings()
  const chosen = channel === undefined ? undefined : all.get(channel)
  const ours = new Set(chosen?.robots)
  const shared = states.find(({ name }) => name === channel)
  const penaltyMs = limits.get(chosen?.robots[0] ?? '')?.limits.penaltyMs ?? 0
  return {
    template: 'sandbox',
    title: words.t('sandbox'),
    view: {
      channels,
      channel,
      demos: DEMOS.map((name) => ({
        name,
        word: words.t(`play_${name}`),
        hint: words.t(`play_${name}Hint`, { time: words.duration(penaltyMs) }),
      })),
      robots: robots.filter((robot) => ours.has(robot.name)),
      // The robots of a pool share one queue.
      poolWaiting: chosen?.mode === 'pool' ? (shared?.waiting ?? 0) : undefined,
      messages: await mapYielding(facts.sandbox(MAX_MESSAGES), (each) => ({
        at: each.at,
        robot: each.robot,
        bubble: bubbleOfContent({ ...each, ...each.mention }),
      })),
      limit: MAX_MESSAGES,
    },
  }
}
