import type { Outcome, RejectReason, RetryReason } from '../../model/message.ts'

/** The meaning of a reply, or of a missing reply. */
export interface ReplyMeaning {
  outcome: Outcome
  /** The meaning and what to do, as a text for people. */
  explanation: string
  /** DingTalk's codes with this meaning, old and new. */
  codes: readonly number[]
  /** First and last of consecutive codes with this meaning, including unknown ones. */
  range?: readonly [number, number]
}

function rejected(
  reason: RejectReason,
  explanation: string,
  codes: readonly number[] = [],
): ReplyMeaning {
  return { outcome: { kind: 'rejected', reason }, explanation, codes }
}

/** `bounded` limits the retries of a failure that does not look transient. */
function retryable(
  reason: RetryReason,
  explanation: string,
  { bounded = false, codes = [] }: { bounded?: boolean; codes?: readonly number[] } = {},
): ReplyMeaning & { outcome: { kind: 'retryable' } } {
  return { outcome: { kind: 'retryable', reason, reached: true, bounded }, explanation, codes }
}

/**
 * Every way in which an attempt can end, with DingTalk's codes for it. The table in the documentation is generated from
 * this. Codes come from DingTalk's tables and from replies seen since (660026, 300005 and 90030 are in no table).
 */
export const ERROR_CODES = {
  delivered: {
    outcome: { kind: 'delivered' },
    explanation: 'DingTalk accepted the message.',
    codes: [0],
  },
  repeated: {
    outcome: { kind: 'delivered' },
    explanation:
      'DingTalk already has a message with this key: an earlier attempt delivered it, and its reply was lost.',
    codes: [],
  },
  throttled: {
    outcome: { kind: 'throttled', scope: 'robot' },
    explanation:
      'DingTalk throttles this robot (20 messages a minute): the receiver pauses it for the penalty, then sends the waiting alerts. If this recurs, another program uses the same robot; give the receiver its own robot, or lower `limits.messages`.',
    codes: [660026, 410100, 130101],
  },
  address_throttled: {
    outcome: { kind: 'throttled', scope: 'address' },
    explanation:
      'DingTalk refuses everything from this public address (10,000 calls in 20 s): all robots behind it pause for five minutes, or for the penalty if that is shorter. Find the other programs that call DingTalk from this address.',
    codes: [1111],
  },
  busy: retryable('busy', 'DingTalk is busy; the receiver retries.', {
    codes: [
      -1, 90001, 90002, 90003, 90004, 90005, 90006, 90007, 90008, 90009, 90010, 90011, 90012, 90013,
      90014, 90018,
    ],
  }),
  too_long: {
    outcome: { kind: 'too_long' },
    explanation: 'The message is too long for DingTalk (20,000 bytes).',
    codes: [460101, 101002],
  },
  token: rejected(
    'token',
    "Unknown access token: the robot was removed, or the webhook is wrong. Copy the webhook from the robot's settings again.",
    [300005, 300001, 400101, 88],
  ),
  group: rejected(
    'group',
    "The robot is disabled or removed from its group, or the group was disbanded. Enable it in the group's settings, or add a new one.",
    [400102, 400106, 400013],
  ),
  keyword: rejected(
    'keyword',
    "The message contains none of the robot's custom keywords. Set `keywords` to those in the robot's security settings.",
  ),
  signature: rejected(
    'signature',
    "The signature does not match. Set `secret` to the SEC… string in the robot's security settings.",
  ),
  timestamp: rejected(
    'signature',
    "The signature's timestamp is more than an hour off. Synchronize this machine's clock.",
  ),
  ip_list: rejected(
    'address',
    "This address is not in the robot's IP list. Add the public address of this machine, or of its proxy, in the robot's security settings.",
  ),
  security: rejected(
    'signature',
    "The robot's security settings reject the message. Compare keywords, secret and IP list with them.",
    [310000],
  ),
  content: rejected(
    'content',
    "DingTalk's content moderation rejects this text or a link in it. Change the template, or the text of the alert.",
    [430101, 430102, 430103, 430104],
  ),
  quota: rejected(
    'quota',
    "The month's quota of DingTalk calls is used up, for the organization or by an administrator's cap on this robot. Raise it in DingTalk's console, and set `quota.monthly` or the robot's `monthly` accordingly.",
    [90020, 90030],
  ),
  request: {
    ...rejected(
      'request',
      'DingTalk rejects the request as malformed. Check that the webhook is complete and that no proxy alters the request; otherwise report a bug of the receiver.',
      [22, 404, 40035, 43002, 43004, 400105],
    ),
    // By message type: 4002xx text, 4003xx link, 4004xx markdown, 4005xx actionCard, 4006xx feedCard.
    range: [400201, 400699],
  },
  redirect: rejected(
    'redirect',
    'The webhook redirects elsewhere. Redirects are not followed, as they would leak the token. Set `webhook` to the final URL.',
  ),
  server_error: retryable(
    'server_error',
    'DingTalk or a proxy replied with a server error; the receiver retries. If it persists, check the proxy and the status of DingTalk.',
  ),
  request_timeout: retryable(
    'timeout',
    'The server stopped waiting for the request; the receiver retries. Check the network and the proxy.',
  ),
  refused_by_proxy: retryable(
    'proxy',
    "Probably a proxy refuses the request. Check the robot's `proxy`, its user and password, and whether it permits DingTalk.",
    { bounded: true },
  ),
  unreadable: retryable(
    'unreadable',
    "The reply is probably a page of a proxy; the message may have arrived nevertheless. The receiver retries for about 25 minutes. If it persists, check the robot's `webhook` and `proxy`.",
    { bounded: true },
  ),
  unverified: retryable(
    'unknown',
    "The reply is ok, but does not match the robot's `expect`; the receiver retries a few times. Compare `expect` with the webhook's reply.",
    { bounded: true },
  ),
  unknown: retryable(
    'unknown',
    "The reply is unknown and counts as a failure; the receiver retries a few times. Look up its text in DingTalk's documentation.",
    { bounded: true },
  ),
  timeout: retryable(
    'timeout',
    "No reply within the robot's `timeout`; the receiver retries. Check the network and the proxy between here and DingTalk.",
  ),
  network: retryable(
    'network',
    'The connection failed; the receiver retries. Check name resolution, the network and the proxy between here and DingTalk.',
  ),
  proxy: retryable(
    'proxy',
    "The proxy does not connect to DingTalk; the receiver retries. Check the robot's `proxy`, its user and password, and whether it permits DingTalk.",
  ),
  tls: retryable(
    'tls',
    'The TLS handshake failed; the receiver retries, never without TLS. Check devices between here and DingTalk, and the trusted certificates of this machine (NODE_EXTRA_CA_CERTS).',
  ),
} as const satisfies Record<string, ReplyMeaning>

export type ErrorCodeName = keyof typeof ERROR_CODES

const NAME_OF_CODE: ReadonlyMap<number, ErrorCodeName> = new Map(
  Object.entries(ERROR_CODES).flatMap(([name, { codes }]) =>
    codes.map((code) => [code, name as ErrorCodeName] as const),
  ),
)

/** The meaning of one of DingTalk's codes; undefined for an unknown code. */
export function errorCodeOf(code: number): ErrorCodeName | undefined {
  const [first, last] = ERROR_CODES.request.range
  return NAME_OF_CODE.get(code) ?? (code >= first && code <= last ? 'request' : undefined)
}

/** The short word for an outcome in lists and logs. */
export function resultOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return 'ok'
    case 'throttled':
    case 'too_long':
      return outcome.kind
    case 'retryable':
    case 'rejected':
      return outcome.reason
  }
}
