import express, { type Router } from 'express'
import type { SilenceLength } from '../model/silence.ts'
import type { AccessControl } from './access-control.ts'
import { bad, byOf, fieldsOf, instantFrom, textOf } from './fields.ts'
import { replyJson } from './reply.ts'

export interface MuteDeps {
  guard: () => AccessControl
  /** Mutes alerts of a channel and returns the id of the mute. */
  mute: (
    channel: string,
    mute: { until: Date; matchers: readonly string[]; by: string },
  ) => Promise<string>
  /** Like `mute`, with a length that a page offers. */
  muteFor: (
    channel: string,
    mute: { length: SilenceLength; matchers: readonly string[]; by: string },
  ) => Promise<string>
  /** Ends one mute of a channel, or all without an id; returns how many ended. */
  unmute: (channel: string, end: { id: string | undefined; by: string }) => Promise<number>
}

/** Adds the API routes that mute channels; access is checked before these routes. */
export function muteRoutes(router: Router, { mute, unmute, guard }: MuteDeps): void {
  const json = express.json({ limit: '64kb', type: () => true })

  router.post('/api/v1/channels/:channel/mute', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const id = await mute(String(request.params['channel']), {
      until: instantFrom(fields['until'], 'until'),
      matchers: matchersOf(fields['matchers']),
      by: byOf(fields, request, guard),
    })
    replyJson(response, { errcode: 0, errmsg: 'ok', id })
  })

  router.post('/api/v1/channels/:channel/unmute', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const ended = await unmute(String(request.params['channel']), {
      id: textOf(fields, 'id'),
      by: byOf(fields, request, guard),
    })
    replyJson(response, { errcode: 0, errmsg: 'ok', ended })
  })
}

function matchersOf(value: unknown): string[] {
  const list = value === undefined ? [] : [value].flat()
  if (!list.every((each) => typeof each === 'string') || list.length > MAX_MATCHERS)
    throw bad('matchers: must be a list of matchers such as severity="warning"')
  // An empty matcher would mute the whole channel; a caller who wants that omits `matchers`.
  if (list.some((each) => /^[\s{},]*$/.test(each as string)))
    throw bad('matchers: must not contain an empty matcher')
  return list as string[]
}

const MAX_MATCHERS = 50
