import winston from 'winston'
import { redact } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'json' | 'pretty'
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** One line per event: a dotted name and fields. ERROR: a person must act now. */
export interface Log {
  debug(name: string, fields?: Fields): void
  info(name: string, fields?: Fields): void
  warn(name: string, fields?: Fields): void
  error(name: string, fields?: Fields): void
}

const MAX_FIELD_LENGTH = 2_000

/** Creates a log on standard error. Both formats escape values, so that no field can forge a line. */
export function createLog(options: {
  level: LogLevel
  format: LogFormat
  stream?: NodeJS.WritableStream
}): Log {
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(
      winston.format.timestamp(),
      options.format === 'json' ? winston.format.json() : winston.format.printf(pretty),
    ),
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

function pretty({
  timestamp,
  level,
  message,
  ...fields
}: winston.Logform.TransformableInfo): string {
  const time = String(timestamp).slice(11, 23)
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`)
  return [time, level.toUpperCase().padEnd(5), message, ...rest].join(' ')
}

function shown(value: unknown): string {
  const text = String(value)
  return /^[^\s"=\p{C}]+$/u.test(text) ? text : JSON.stringify(text)
}
