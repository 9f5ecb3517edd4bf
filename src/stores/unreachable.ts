import { AppError } from '../errors.ts'

/** A store that cannot be opened now, and may be later. */
export class StoreUnreachable extends AppError {
  /** `after_repair`: not before a person has done something about it. */
  readonly passes: 'by_itself' | 'after_repair'
  constructor(
    message: string,
    { passes, cause }: { passes: 'by_itself' | 'after_repair'; cause: unknown },
  ) {
    super('store_unavailable', message, { cause })
    this.passes = passes
  }
}
