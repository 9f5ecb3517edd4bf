import { AppError } from '../../errors.ts'
import type { Alert, Notification } from '../../model/alert.ts'
import { yieldTurn } from '../../time-slices.ts'
import { notificationFrom } from '../notification.ts'
import { isObject } from '../parsing/json.ts'
import type { Parsed } from '../parsing/ocp/detect-format.ts'
import { hasIdentity } from '../parsing/ocp/identity.ts'
import { alertFrom } from '../parsing/ocp/map.ts'
import { parseBody } from '../parsing/ocp/parse.ts'
import { textFrom } from '../parsing/text.ts'
import { isLarge, type ReadContext, type Source } from '../source.ts'
import { addressee } from './addressee.ts'
import { faultIn, refusal } from './refusal.ts'

/** DingTalk's own robot API, for senders that can only post to a DingTalk robot. */
export const chat: Source = {
  name: 'chat',
  endpoint: { paths: ['/robot/send'], addressee, refusal },
  recognizes: (body) => isObject(body) && ('msgtype' in body || 'msg_type' in body),
  read,
}

/**
 * Clients that miss a reply retry within seconds. Later, the same text is a new message: a monitor that reports down,
 * up and down within the channel's period must produce three messages.
 */
const RETRY_WINDOW_MS = 60_000

async function read(body: string | Uint8Array, context: ReadContext): Promise<Notification> {
  const text = textFrom(body)
  if (text.trim() === '') throw new AppError('bad_payload', 'the body is empty', { errcode: 40035 })
  await yieldTurn()
  const parsed = await parseBody(text)
  await yieldTurn()
  const [first] = parsed
  // A large body with too many parts is delivered as plain text, without analysis.
  const isUnread = parsed.length === 1 && first?.prerendered === undefined && !isLarge(body)
  const fault = isUnread ? faultIn(text) : undefined
  if (fault !== undefined) throw fault
  return notificationFrom(parsed, (each) => alertOf(each, context), {
    source: 'chat',
    text,
  })
}

/** The start of the title of a resolved group, in Alertmanager and Grafana. */
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
