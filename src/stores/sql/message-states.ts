/** SQL: open messages. SQLite uses the partial index messages_open only with exactly this condition. */
export const OPEN = `state IN ('pending', 'sending')`

/** SQL: messages in a state. The conditions of open and dead messages match their partial indexes exactly. */
export const IN_STATE = {
  pending: `${OPEN} AND state = 'pending'`,
  sending: `${OPEN} AND state = 'sending'`,
  dead: `state = 'dead'`,
  sent: `state = 'sent'`,
  any: 'TRUE',
} as const
