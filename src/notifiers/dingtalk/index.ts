import type { Notifier } from '../notifier.ts'
import { compose, MAX_BODY_BYTES } from './body.ts'
import { type ClientOptions, DingtalkClient } from './client.ts'
import { loadUndici } from './connection.ts'
import { probe } from './probe.ts'

/** DingTalk's custom group robots, and the sandbox that replaces them. */
export function createDingtalk(options: ClientOptions): Notifier {
  const client = new DingtalkClient(options)
  return {
    compose,
    probe,
    maxBodyBytes: MAX_BODY_BYTES,
    send: (robot, body, now) => client.send(robot, body, now),
    warm: async () => void (await loadUndici()),
    close: () => client.close(),
  }
}
