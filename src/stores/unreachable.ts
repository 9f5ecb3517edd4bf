import { AppError } from '../errors.ts'

/** The store cannot be opened now; a later attempt may succeed. */
export class StoreUnreachable extends AppError {
  /** `after_repair`: a person must act first. */
  readonly passes: 'by_itself' | 'after_repair'
  constructor(
    message: string,
    { passes, cause }: { passes: 'by_itself' | 'after_repair'; cause: unknown },
  ) {
    super('store_unavailable', message, { cause })
    this.passes = passes
  }
}
