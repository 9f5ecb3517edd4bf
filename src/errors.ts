/** Error codes, each with its HTTP status. */
export const ERROR_CODES = {
  bad_payload: 400,
  bad_request: 400,
  unauthorized: 401,
  bad_signature: 401,
  forbidden: 403,
  unknown_channel: 404,
  not_found: 404,
  wrong_method: 405,
  not_dead: 409,
  outdated: 409,
  removed: 409,
  too_large: 413,
  too_many: 429,
  bad_configuration: 500,
  unreadable_file: 500,
  unwritable_file: 500,
  cannot_listen: 500,
  usage: 500,
  store_unavailable: 503,
  overloaded: 503,
  shutting_down: 503,
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** An expected failure. Its message names the problem, where it is, and what to do. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode
  /** All faults of a configuration, one line each. */
  readonly faults: readonly string[]
  /** The error code of the platform whose API the sender uses. */
  readonly errcode: number | undefined
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; faults?: readonly string[]; errcode?: number } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.faults = options.faults ?? []
    this.errcode = options.errcode
  }
  /** What to show, one line each: the faults, else the message. */
  get lines(): readonly string[] {
    return this.faults.length > 0 ? this.faults : [this.message]
  }
  get status(): number {
    return ERROR_CODES[this.code]
  }
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
