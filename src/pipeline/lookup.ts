import { AppError } from '../errors.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import { unknownName } from '../suggestion.ts'

/** The channel with this name. The error unknown_channel lists the available channels. */
export function channelNamed(name: string, { channels }: Pick<Settings, 'channels'>): Channel {
  const channel = channels.get(name)
  if (channel !== undefined) return channel
  throw new AppError(
    'unknown_channel',
    unknownName('channel', name.slice(0, 100), [...channels.keys()]),
  )
}

/** The robot with this name. The error not_found lists the available robots. */
export function robotNamed(name: string, { robots }: Pick<Settings, 'robots'>): Robot {
  const robot = robots.get(name)
  if (robot !== undefined) return robot
  throw new AppError('not_found', unknownName('robot', name.slice(0, 100), [...robots.keys()]))
}
