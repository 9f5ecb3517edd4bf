/** SQL: open messages. SQLite uses the index messages_open only with exactly this condition. */
export const OPEN = `state IN ('pending', 'sending')`

/** SQL: messages in a state; each condition is that of an index. */
export const IN_STATE = {
  pending: `${OPEN} AND state = 'pending'`,
  sending: `${OPEN} AND state = 'sending'`,
  dead: `state = 'dead'`,
  sent: `state = 'sent'`,
  any: 'TRUE',
} as const
