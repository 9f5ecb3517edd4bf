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

/** The sources as they are, for stored bodies: the source that read a body reads it again. */
export const storedSources: ReadonlyMap<SourceName, Source> = new Map(
  ALL.map((source) => [source.name, source]),
)

/** All sources by name. A body goes to the source that owns it, else the requested one, else one that recognizes it. */
export const sources: ReadonlyMap<SourceName, Source> = new Map(
  ALL.map((source) => [source.name, withOthers(source)]),
)

function withOthers(source: Source): Source {
  const others = ALL.filter((each) => each !== source && each.owns !== undefined)
  return {
    ...source,
    async read(body, context) {
      // A large body is left to the requested source, because finding its owner takes long.
      const text = others.length === 0 || isLarge(body) ? undefined : textFrom(body)
      const owner = text === undefined ? undefined : others.find((each) => each.owns?.(text))
      const first = owner ?? source
      try {
        return await first.read(text ?? body, context)
      } catch (error) {
        const other = isBadPayload(error) ? recognizedBy(text ?? body, first) : undefined
        if (other === undefined) throw error
        return other.read(text ?? body, context)
      }
    },
  }
}

function isBadPayload(error: unknown): boolean {
  return error instanceof AppError && error.code === 'bad_payload'
}

function recognizedBy(body: string | Uint8Array, tried: Source): Source | undefined {
  if (isLarge(body)) return undefined
  const json = parsedJson(textFrom(body))?.value
  return ALL.find((each) => each !== tried && each.recognizes?.(json))
}
