import express, { type Router } from 'express'
import { AppError } from '../errors.ts'
import { instantFrom } from './oncall.ts'
import { replyJson } from './reply.ts'

export interface MuteDeps {
  /** Mutes alerts of a channel and gives the id. */
  mute: (
    channel: string,
    mute: { until: Date; matchers: readonly string[]; by: string },
  ) => Promise<string>
  /** Ends one mute of a channel, or all; gives how many. */
  unmute: (channel: string, end: { id: string | undefined; by: string }) => Promise<number>
}

/** Who muted it where a program does not say. */
const UNNAMED = 'API'

/** Muting channels, for programs; who may ask is decided before. */
export function muteRoutes(router: Router, { mute, unmute }: MuteDeps): void {
  const json = express.json({ limit: '64kb', type: () => true })

  router.post('/api/v1/channels/:channel/mute', json, async (request, response) => {
    const { until, matchers, by } = fieldsOf(request.body)
    const id = await mute(String(request.params['channel']), {
      until: instantFrom(until, 'until'),
      matchers: matchersOf(matchers),
      by: textOf(by, 'by') ?? UNNAMED,
    })
    replyJson(response, { errcode: 0, errmsg: 'ok', id })
  })

  router.post('/api/v1/channels/:channel/unmute', json, async (request, response) => {
    const { id, by } = fieldsOf(request.body)
    const ended = await unmute(String(request.params['channel']), {
      id: textOf(id, 'id'),
      by: textOf(by, 'by') ?? UNNAMED,
    })
    replyJson(response, { errcode: 0, errmsg: 'ok', ended })
  })
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (body === undefined) return {}
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad('the body must be a JSON object')
  return body as Record<string, unknown>
}

function matchersOf(value: unknown): string[] {
  const list = value === undefined ? [] : [value].flat()
  if (!list.every((each) => typeof each === 'string') || list.length > MAX_MATCHERS)
    throw bad('matchers: must be a list of matchers such as severity="warning"')
  return list as string[]
}

const MAX_MATCHERS = 50

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw bad(`${name}: must be a string`)
  return value
}

function bad(message: string): AppError {
  return new AppError('bad_request', message)
}
