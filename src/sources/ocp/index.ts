import type { Notification } from '../../model/alert.ts'
import type { Source } from '../source.ts'
import { digest, textFrom } from '../text.ts'
import { alertFrom } from './map.ts'
import { parseBody } from './parse.ts'

/** OCP's HTTP channel: whatever its operator's body template makes of an alert. */
export const ocp: Source = {
  name: 'ocp',
  read(body, context): Notification {
    const text = textFrom(body)
    const parsed = parseBody(text)
    const alerts = parsed.map(({ fields }) => alertFrom(fields, context))
    const [only] = parsed
    const ready = parsed.length === 1 ? only?.ready : undefined
    // A test that is asked for again has the same text, and yet is another one.
    const key = digest([text, ...alerts.map(({ fingerprint }) => fingerprint)])
    return {
      source: 'ocp',
      key,
      exactKey: () => key,
      dated: false,
      alerts,
      ...(ready === undefined ? {} : { ready }),
    }
  },
}
