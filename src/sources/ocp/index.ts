import type { Alert, Notification } from '../../model/alert.ts'
import { stateKeyOf } from '../content-key.ts'
import { alertFrom } from '../parsing/ocp/map.ts'
import { isNightingaleEvent } from '../parsing/ocp/nightingale.ts'
import { parseBody } from '../parsing/ocp/parse.ts'
import { digest, textFrom } from '../parsing/text.ts'
import type { ReadContext, Source } from '../source.ts'

/** OCP's HTTP channel; the operator's template may produce any body. */
export const ocp: Source = {
  name: 'ocp',
  endpoint: { paths: ['/ocp/:channel'] },
  recognizes: isNightingaleEvent,
  read,
}

async function read(body: string | Uint8Array, context: ReadContext): Promise<Notification> {
  const { yieldTurn } = context
  const text = textFrom(body)
  await yieldTurn()
  const parsed = await parseBody(text, yieldTurn)
  await yieldTurn()
  const alerts: Alert[] = []
  for (const { fields } of parsed) {
    alerts.push(alertFrom(fields, context))
    await yieldTurn()
  }
  const [only] = parsed
  const prerendered = parsed.length === 1 ? only?.prerendered : undefined
  const key = stateKeyOf(alerts)
  return {
    source: 'ocp',
    key,
    contentKey: async () => digest([key, text]),
    alerts,
    ...(prerendered === undefined ? {} : { prerendered }),
  }
}
