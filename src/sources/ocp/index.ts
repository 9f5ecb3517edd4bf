import type { Alert, Notification } from '../../model/alert.ts'
import { atOnce, type Steps } from '../../turns.ts'
import { stateKeyOf } from '../content-key.ts'
import { digest, textFrom } from '../parsing/text.ts'
import type { ReadContext, Source } from '../source.ts'
import { alertFrom } from './map.ts'
import { parseBody } from './parse.ts'

/** OCP's HTTP channel: whatever its operator's body template makes of an alert. */
export const ocp: Source = {
  name: 'ocp',
  read: (body, context) => atOnce(stepsOf(body, context)),
  steps: stepsOf,
}

function* stepsOf(body: string | Uint8Array, context: ReadContext): Steps<Notification> {
  const text = textFrom(body)
  yield
  const parsed = yield* parseBody(text)
  yield
  const alerts: Alert[] = []
  for (const { fields } of parsed) {
    alerts.push(alertFrom(fields, context))
    yield
  }
  const [only] = parsed
  const ready = parsed.length === 1 ? only?.ready : undefined
  const key = stateKeyOf(alerts)
  return {
    source: 'ocp',
    key,
    contentKey: () => digest([key, text]),
    keyIncludesStart: false,
    alerts,
    ...(ready === undefined ? {} : { prerendered: ready }),
  }
}
