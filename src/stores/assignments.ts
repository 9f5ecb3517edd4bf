/** The queues of a channel, and the robots of each queue. */
export interface QueueAssignment {
  channel: string
  queues: readonly { queue: string; robots: readonly { name: string; key: string }[] }[]
}

export interface ConfigurationTime {
  now: Date
  /** When the process put its configuration into effect. */
  since: Date
  /** Whether it had another configuration before, since its start. */
  isReloaded: boolean
}

export interface Reassigned {
  moved: number
  /** Alerts of removed channels. */
  dead: { channel: string; count: number }[]
  /** Queues that received alerts. */
  queues: string[]
}
