import { type OnCall, onCallAt } from '../decisions/oncall.ts'
import type { Settings } from '../model/settings.ts'

export interface OnCallRota extends OnCall {
  rota: string
}

/** Who is on call at an instant, for each rota in the order of the configuration. */
export function readOnCall({ rotas }: Pick<Settings, 'rotas'>, at: Date): OnCallRota[] {
  return [...rotas].map(([rota, each]) => ({ rota, ...onCallAt(each, at) }))
}

export function onCallJson(rotas: readonly OnCallRota[], at: Date) {
  return {
    at: at.toISOString(),
    rotas: Object.fromEntries(
      rotas.map(({ rota, people, next }) => [
        rota,
        { people, next: next === undefined ? null : { ...next, at: next.at.toISOString() } },
      ]),
    ),
  }
}
