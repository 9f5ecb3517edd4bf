import winston from 'winston'
import { redact } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'json' | 'logfmt' | 'pretty'
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** One line per event: a dotted name and fields. ERROR: a person must act, unless a retry succeeds. */
export interface Log {
  debug(name: string, fields?: Fields): void
  info(name: string, fields?: Fields): void
  warn(name: string, fields?: Fields): void
  error(name: string, fields?: Fields): void
}

const MAX_FIELD_LENGTH = 2_000

/** Creates a log on standard error. Each format escapes values, so that no field can forge a line. */
export function createLog(options: {
  level: LogLevel
  format: LogFormat
  stream?: NodeJS.WritableStream
}): Log {
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(winston.format.timestamp(), FORMATS[options.format]),
    transports: [
      options.stream === undefined
        ? new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })
        : new winston.transports.Stream({ stream: options.stream }),
    ],
  })
  const write = (level: LogLevel): Log[LogLevel] => {
    if (!logger.isLevelEnabled(level)) return () => {}
    return (name, fields = {}) => {
      logger.log({ level, message: name, ...clean(fields) })
    }
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function clean(fields: Fields): Record<string, string | number | boolean> {
  const cleaned: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    cleaned[name === 'message' || name === 'level' ? `${name}_` : name] =
      // Defence in depth: values of type Secret never print, but other texts may contain a secret.
      typeof value === 'string' ? redact(value).slice(0, MAX_FIELD_LENGTH) : value
  }
  return cleaned
}

const FORMATS: Record<LogFormat, winston.Logform.Format> = {
  json: winston.format.json(),
  logfmt: winston.format.printf(logfmt),
  pretty: winston.format.printf(pretty),
}

type Line = winston.Logform.TransformableInfo

/** One line in the format of go-logfmt, with the keys of Prometheus' log: `ts`, `level`, `msg`, then the fields. */
function logfmt({ timestamp, level, message, ...fields }: Line): string {
  return pairs({ ts: timestamp, level, msg: message, ...fields }).join(' ')
}

function pretty({ timestamp, level, message, ...fields }: Line): string {
  const time = String(timestamp).slice(11, 23)
  return [time, level.toUpperCase().padEnd(5), message, ...pairs(fields)].join(' ')
}

function pairs(fields: object): string[] {
  return Object.entries(fields).map(
    ([name, value]) => `${name.replace(/[\s="\p{C}\uFFFD]/gu, '')}=${shown(String(value))}`,
  )
}

/**
 * Returns a value unchanged, or as a JSON string if it is empty or contains blanks, quotes, `=` or unprintable
 * characters.
 */
function shown(text: string): string {
  if (/^[^\s"=\p{C}\uFFFD]+$/u.test(text)) return text
  return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped)
}

/** Escapes control characters above U+007E, which JSON leaves unchanged: some end a line or control a terminal. */
function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')
}
