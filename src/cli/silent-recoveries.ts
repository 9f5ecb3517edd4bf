import { variablesFrom } from '../model/variables.ts'
import { goFunctions } from '../rendering/go/functions.ts'
import type { Payload, PayloadAlert } from '../rendering/payload.ts'
import { compile } from '../rendering/templates/engine.ts'

const NOW = new Date('2026-11-24T19:04:30Z')
const LABELS = { alertname: 'HighLoad', severity: 'critical', instance: 'db-1:9100' }
const TEXTS = { summary: 'Load of db-1 is 42', description: 'above 30' }

/** Whether a translated message prints something for a firing alert, and nothing for the same alert when it is resolved. */
export function isSilentOnRecovery(text: string): boolean {
  try {
    const template = compile(text, 'markdown', { isLimited: true })
    const go = goFunctions({ now: NOW, zone: 'Asia/Shanghai' })
    const prints = (status: 'firing' | 'resolved'): boolean =>
      template({ payload: payloadOf(status), go }).trim() !== ''
    return prints('firing') && !prints('resolved')
  } catch {
    return false
  }
}

/** A payload of one alert, in the form in which templates read it. */
function payloadOf(status: 'firing' | 'resolved') {
  const labels = variablesFrom(Object.entries(LABELS))
  const annotations = variablesFrom(Object.entries(TEXTS))
  const generatorURL = 'http://prometheus.example:9090/graph'
  const times = { startsAt: NOW, endsAt: NOW }
  const alert = { status, labels, annotations, ...times, generatorURL, fingerprint: '7d0c' }
  const [firing, resolved] = status === 'firing' ? [[alert], []] : [[], [alert]]
  return {
    receiver: 'ops',
    status,
    alerts: Object.assign([alert] satisfies PayloadAlert[], { firing, resolved }),
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.example:9093',
    atMobiles: [],
  } satisfies Record<keyof Payload, unknown>
}
