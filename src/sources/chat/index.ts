import { AppError } from '../../errors.ts'
import type { Alert, Notification } from '../../model/alert.ts'
import { stateKeyOf } from '../content-key.ts'
import { isObject } from '../parsing/json.ts'
import type { Parsed } from '../parsing/ocp/detect-format.ts'
import { hasIdentity } from '../parsing/ocp/identity.ts'
import { alertFrom } from '../parsing/ocp/map.ts'
import { parseBody } from '../parsing/ocp/parse.ts'
import { digest, textFrom } from '../parsing/text.ts'
import { isLarge, type ReadContext, type Source } from '../source.ts'
import { addressee } from './addressee.ts'
import { faultIn } from './body-fault.ts'
import { refusal } from './refusal.ts'

/** DingTalk's own robot API: for senders that know nothing but a DingTalk robot. */
export const chat: Source = {
  name: 'chat',
  endpoint: { paths: ['/robot/send'], addressee, refusal },
  recognises: (body) => isObject(body) && ('msgtype' in body || 'msg_type' in body),
  read,
}

/**
 * Clients repeat a message whose reply they missed within seconds. Later the same words are news: a monitor that says
 * down, up and down again within the channel's period must be heard three times.
 */
const RETRY_WINDOW_MS = 60_000

async function read(body: string | Uint8Array, context: ReadContext): Promise<Notification> {
  const { giveWay } = context
  const text = textFrom(body)
  if (text.trim() === '') throw new AppError('bad_payload', 'the body is empty', { errcode: 40035 })
  await giveWay()
  const parsed = await parseBody(text, giveWay)
  await giveWay()
  const [first] = parsed
  // A large body of too many parts is not looked into: it goes out as a text.
  const isUnread = parsed.length === 1 && first?.ready === undefined && !isLarge(body)
  const fault = isUnread ? faultIn(text) : undefined
  if (fault !== undefined) throw fault
  const alerts: Alert[] = []
  for (const each of parsed) {
    alerts.push(alertOf(each, context))
    await giveWay()
  }
  const key = stateKeyOf(alerts)
  const ready = parsed.length === 1 ? first?.ready : undefined
  return {
    source: 'chat',
    key,
    contentKey: async () => digest([key, text]),
    alerts,
    ...(ready === undefined ? {} : { prerendered: ready }),
  }
}

/** How Alertmanager and Grafana begin the title of a group that is over. */
const RESOLVED_TITLE = /^\W{0,20}\[RESOLVED[\]:]/i

function alertOf({ fields }: Parsed, context: ReadContext): Alert {
  const { title, message } = fields
  if ([title, message].some((each) => each !== undefined && RESOLVED_TITLE.test(each)))
    fields['alarm_status'] ??= 'Resolved'
  return alertFrom(fields, {
    ...context,
    source: 'chat',
    ...(hasIdentity(fields) ? {} : { retryWindowMs: RETRY_WINDOW_MS }),
  })
}
