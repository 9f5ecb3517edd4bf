import type { Alert, Notification } from '../../model/alert.ts'
import { yieldTurn } from '../../time-slices.ts'
import { notificationFrom } from '../notification.ts'
import type { Parsed } from '../parsing/ocp/detect-format.ts'
import { alertFrom } from '../parsing/ocp/map.ts'
import { isNightingaleEvent } from '../parsing/ocp/nightingale.ts'
import { parseBody } from '../parsing/ocp/parse.ts'
import { textFrom } from '../parsing/text.ts'
import type { ReadContext, Source } from '../source.ts'

/** OCP's HTTP channel; the operator's template may produce any body. */
export const ocp: Source = {
  name: 'ocp',
  endpoint: { paths: ['/ocp/:channel'] },
  recognizes: isNightingaleEvent,
  read,
}

async function read(body: string | Uint8Array, context: ReadContext): Promise<Notification> {
  const text = textFrom(body)
  await yieldTurn()
  const parsed = await parseBody(text)
  const alertOf = ({ fields }: Parsed): Alert => alertFrom(fields, context)
  return notificationFrom(parsed, alertOf, { source: 'ocp', text })
}
