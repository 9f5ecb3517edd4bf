import type { SourceName } from '../model/alert.ts'
import { alertmanager } from './alertmanager/index.ts'
import { ocp } from './ocp/index.ts'
import type { Source } from './source.ts'

/** Every kind of payload. Another is a folder and one line here. */
export const sources: ReadonlyMap<SourceName, Source> = new Map(
  [alertmanager, ocp].map((source) => [source.name, source]),
)
