import type { Alert, MessageAlert } from '../../src/model/alert.ts'
import { LEVEL_NAMES, type Level } from '../../src/model/level.ts'
import type { Channel, Language } from '../../src/model/settings.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import type { Rendered, Renderer, RenderRequest } from '../../src/rendering/types.ts'
import { channelNamed } from '../support/settings.ts'

export const NOW = new Date('2026-11-24T04:00:00Z')

export function messageAlert(
  variables: Record<string, string>,
  changes: Partial<Alert> & { level?: Level; repeats?: number } = {},
): MessageAlert {
  const { level = 2, repeats = 0, ...alert } = changes
  return {
    alert: {
      source: 'ocp',
      status: 'firing',
      fingerprint: 'f',
      name: variables['alarm_name'] ?? '',
      cluster: '',
      levelWord: LEVEL_NAMES[level],
      startsAt: undefined,
      endsAt: undefined,
      ...alert,
      variables: Object.assign(Object.create(null), variables),
    },
    level,
    receivedAt: NOW,
    repeats,
    firedWhileWaiting: false,
  }
}

type RenderOptions = {
  language?: Language
  channel?: Partial<Channel>
  maxBytes?: number
  templates?: string
} & Partial<Omit<RenderRequest, 'channel'>>

export function renderWith(alerts: readonly MessageAlert[], options: RenderOptions = {}): Rendered {
  const { renderer, request } = rendering(alerts, options)
  return renderer.render(request)
}

/** A renderer, and a request for it. */
export function rendering(
  alerts: readonly MessageAlert[],
  options: RenderOptions = {},
): { renderer: Renderer; request: RenderRequest } {
  const {
    language = 'en-US',
    channel: changes,
    maxBytes = 20_000,
    templates = '/nonexistent',
    ...request
  } = options
  const channel = channelNamed('ops', changes)
  const settings = { language, timezone: 'Asia/Shanghai', templates }
  return {
    renderer: createRenderer(settings, [channel]),
    request: {
      channel,
      now: NOW,
      form: 'full',
      alerts,
      total: alerts.length,
      from: NOW,
      to: NOW,
      groups: [],
      delayed: undefined,
      link: undefined,
      fits: (title, text) => Buffer.byteLength(JSON.stringify({ title, text })) <= maxBytes,
      ...request,
    },
  }
}
