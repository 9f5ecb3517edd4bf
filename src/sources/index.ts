import { AppError } from '../errors.ts'
import type { SourceName } from '../model/alert.ts'
import { alertmanager } from './alertmanager/index.ts'
import { chat } from './chat/index.ts'
import { ocp } from './ocp/index.ts'
import { parsedJson } from './parsing/json.ts'
import { textFrom } from './parsing/text.ts'
import { isLarge, type Source } from './source.ts'

/** Every kind of payload; a new one needs a folder and one line here. */
const ALL: readonly Source[] = [alertmanager, ocp, chat]

/** All sources by name. A body that one source cannot read goes to the source that recognises it. */
export const sources: ReadonlyMap<SourceName, Source> = new Map(
  ALL.map((source) => [source.name, withOthers(source)]),
)

function withOthers(source: Source): Source {
  return {
    ...source,
    read: (body, context) =>
      source.read(body, context).catch((error) => {
        const other = isBadPayload(error) ? recognisedBy(body, source) : undefined
        if (other === undefined) throw error
        return other.read(body, context)
      }),
  }
}

function isBadPayload(error: unknown): boolean {
  return error instanceof AppError && error.code === 'bad_payload'
}

function recognisedBy(body: string | Uint8Array, tried: Source): Source | undefined {
  if (isLarge(body)) return undefined
  const json = parsedJson(textFrom(body))?.value
  return ALL.find((each) => each !== tried && each.recognises?.(json))
}
