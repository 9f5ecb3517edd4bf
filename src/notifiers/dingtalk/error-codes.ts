import type { Outcome, RejectReason, RetryReason } from '../../model/message.ts'

/** What a reply, or the lack of one, means. */
export interface ErrorCode {
  outcome: Outcome
  /** What it means and what to do, for a person. */
  words: string
  /** DingTalk's codes that mean it, of all generations. */
  codes: readonly number[]
  /** First and last of codes in a row that mean it, known or not. */
  range?: readonly [number, number]
}

function rejected(reason: RejectReason, words: string, codes: readonly number[] = []): ErrorCode {
  return { outcome: { kind: 'rejected', reason }, words, codes }
}

/** `bounded` is for what nobody can read as passing. */
function retryable(
  reason: RetryReason,
  words: string,
  { bounded = false, codes = [] }: { bounded?: boolean; codes?: readonly number[] } = {},
): ErrorCode & { outcome: { kind: 'retryable' } } {
  return { outcome: { kind: 'retryable', reason, reached: true, bounded }, words, codes }
}

/**
 * Every way in which an attempt can end, with DingTalk's codes for it; the documentation's table is made from this.
 * Codes come from DingTalk's tables of error codes and from replies seen since (660026, 300005, 90030 stand in none).
 */
export const ERROR_CODES = {
  delivered: {
    outcome: { kind: 'delivered' },
    words: 'DingTalk accepted the message.',
    codes: [0],
  },
  repeated: {
    outcome: { kind: 'delivered' },
    words:
      'DingTalk knows the key of this message already: an earlier attempt delivered it, though its reply was lost.',
    codes: [],
  },
  throttled: {
    outcome: { kind: 'throttled', scope: 'robot' },
    words:
      'DingTalk throttles this robot (20 messages a minute): it rests for the penalty, then what waited goes out. If it happens again, another program uses the same robot; give the receiver one of its own, or lower `limits.messages`.',
    codes: [660026, 410100, 130101],
  },
  address_throttled: {
    outcome: { kind: 'throttled', scope: 'address' },
    words:
      'DingTalk refuses everything from this public address (10,000 calls in 20 s): all robots behind it rest for five minutes, or for the penalty where that is shorter. Find what else calls DingTalk from there.',
    codes: [1111],
  },
  busy: retryable('busy', 'DingTalk is busy; it is tried again.', {
    codes: [
      -1, 90001, 90002, 90003, 90004, 90005, 90006, 90007, 90008, 90009, 90010, 90011, 90012, 90013,
      90014, 90018,
    ],
  }),
  too_long: {
    outcome: { kind: 'too_long' },
    words: 'DingTalk finds the message too long (20,000 bytes).',
    codes: [460101, 101002],
  },
  token: rejected(
    'token',
    "DingTalk does not know this access token: the robot was removed, or the webhook is wrong. Copy the webhook from the robot's settings again.",
    [300005, 300001, 400101, 88],
  ),
  group: rejected(
    'group',
    "The robot is stopped or gone from its group, or the group was dissolved. Start it in the group's settings, or add a new one.",
    [400102, 400106, 400013],
  ),
  keyword: rejected(
    'keyword',
    "The message holds none of the robot's custom keywords. Set `keywords` of the robot to what stands in its security settings.",
  ),
  signature: rejected(
    'signature',
    'The signature does not match. Set `secret` of the robot to the SEC… text in its security settings.',
  ),
  timestamp: rejected(
    'signature',
    "DingTalk finds the signature's time more than an hour off. Set the clock of this machine.",
  ),
  ip_list: rejected(
    'address',
    "This address is not in the robot's IP list. Add the public address of this machine, or of its proxy, in the robot's security settings.",
  ),
  security: rejected(
    'signature',
    "The robot's security settings refuse the message. Compare keywords, secret and IP list with them.",
    [310000],
  ),
  content: rejected(
    'content',
    "DingTalk's content moderation refuses this text or a link in it. Change the template, or what the alert says.",
    [430101, 430102, 430103, 430104],
  ),
  quota: rejected(
    'quota',
    "The month's quota of DingTalk calls is used up, of the organisation or by an administrator's cap on this robot. Raise it in DingTalk's console, and set `quota.monthly` or the robot's `monthly` to it.",
    [90020, 90030],
  ),
  request: {
    ...rejected(
      'request',
      'DingTalk does not understand the request. Check that the webhook is complete, and that no proxy changes what is sent; otherwise it is a fault of the receiver, to be reported.',
      [22, 404, 40035, 43002, 43004, 400105],
    ),
    // By type of message: 4002xx text, 4003xx link, 4004xx markdown, 4005xx actionCard, 4006xx feedCard.
    range: [400201, 400699],
  },
  redirect: rejected(
    'redirect',
    'The webhook leads elsewhere; redirects are not followed, since they would carry the token away. Set `webhook` to its final address.',
  ),
  server_error: retryable(
    'server_error',
    'The server failed; it is tried again. If it lasts, check the proxy and the state of DingTalk.',
  ),
  gave_up_waiting: retryable(
    'timeout',
    'The server gave up waiting for the request; it is tried again. Check the network and the proxy.',
  ),
  refused_on_the_way: retryable(
    'proxy',
    'The answer is probably that of a proxy which refuses the request. Check `proxy` of the robot, its user and password, and whether it lets DingTalk through.',
    { bounded: true },
  ),
  unreadable: retryable(
    'unreadable',
    "The answer is not DingTalk's, but probably the page of a proxy or of a limiter; the message may have arrived all the same. It is tried again for about half an hour. Check `webhook` and `proxy` of the robot if it lasts.",
    { bounded: true },
  ),
  unverified: retryable(
    'unknown',
    'The answer says ok, but is not what `expect` of the robot asks for; it is tried again a few times. Compare `expect` with what the webhook answers.',
    { bounded: true },
  ),
  unknown: retryable(
    'unknown',
    'The answer is not known here, so it is no success; it is tried again a few times. Look its words up in the documentation of DingTalk.',
    { bounded: true },
  ),
  timeout: retryable(
    'timeout',
    'There was no answer within `timeout` of the robot; it is tried again. Check the network and the proxy between here and DingTalk.',
  ),
  network: retryable(
    'network',
    'The connection failed; it is tried again. Check name resolution, the network and the proxy between here and DingTalk.',
  ),
  proxy: retryable(
    'proxy',
    'The proxy did not open a way to DingTalk; it is tried again. Check `proxy` of the robot, its user and password, and whether it lets DingTalk through.',
  ),
  tls: retryable(
    'tls',
    'TLS failed; it is tried again, and never without it. Check what stands between here and DingTalk, and the certificates that this machine trusts (NODE_EXTRA_CA_CERTS).',
  ),
} as const satisfies Record<string, ErrorCode>

export type ErrorCodeName = keyof typeof ERROR_CODES

const NAME_OF_CODE: ReadonlyMap<number, ErrorCodeName> = new Map(
  Object.entries(ERROR_CODES).flatMap(([name, { codes }]) =>
    codes.map((code) => [code, name as ErrorCodeName] as const),
  ),
)

/** What one of DingTalk's codes means, or undefined for one that is not known here. */
export function errorCodeOf(code: number): ErrorCodeName | undefined {
  const [first, last] = ERROR_CODES.request.range
  return NAME_OF_CODE.get(code) ?? (code >= first && code <= last ? 'request' : undefined)
}

/** The one word for an outcome in lists and logs. */
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
