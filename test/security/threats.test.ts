import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

/** Assets, their threats, and the tests of the countermeasures: file and beginning of the name. */
const THREATS: readonly {
  asset: string
  threat: string
  shownBy: readonly (readonly [file: string, name: string])[]
}[] = [
  {
    asset: 'access tokens, secrets, passwords',
    threat: 'read in logs, errors, metrics, pages, the store or the output of a command',
    shownBy: [
      ['config/concealed.test.ts', 'is absent from the reply to a reload and from the log'],
      ['security/leaked-secrets.test.ts', 'no output contains a secret, whatever fails'],
      ['security/leaked-secrets.test.ts', 'no message contains a private key'],
      ['config/load.test.ts', 'no fault contains a secret'],
      ['log.test.ts', 'contains no token, signature or password'],
      ['notifiers/dingtalk/classify-response.test.ts', 'holds none of the given secrets'],
    ],
  },
  {
    asset: 'the receiving routes',
    threat: 'forged alerts and floods',
    shownBy: [
      ['http/posting.test.ts', 'no other client, and the reply names the required credentials'],
      ['http/posting.test.ts', 'is decided before the channel, the body and its size'],
      ['http/posting.test.ts', "a web page cannot post through its visitor's browser"],
      ['http/rebound.test.ts', 'cannot post alerts'],
      ['http/tls.test.ts', 'with client_ca, only clients with a certificate of it connect'],
      ['decisions/security-warnings.test.ts', 'reports that anyone may post, until auth'],
      [
        'e2e/access.test.ts',
        'an open receiver on a public address warns in the log, the banner and the status',
      ],
    ],
  },
  {
    asset: "DingTalk's robot API (`/robot/send`)",
    threat: 'a guessed channel, a forged or replayed request, a token in a log',
    shownBy: [
      ['http/robot-send.test.ts', 'is a credential if it is an inlet token'],
      ['http/robot-send.test.ts', 'is the inlet token of a channel that has one'],
      ['http/robot-send.test.ts', 'that is wrong appears neither in the reply nor in the log'],
      ['http/robot-send.test.ts', 'is checked after the address of the sender'],
      ['http/robot-send.test.ts', 'does not let the page of another site post'],
      ['http/robot-send.test.ts', 'that is wrong, missing, stale or of another secret is refused'],
      [
        'sources/chat/hostile.test.ts',
        'is refused with an explanation or read, and a second read gives the same alerts',
      ],
    ],
  },
  {
    asset: 'signed bodies (`inlet.hmac`)',
    threat: 'a body that Grafana did not send',
    shownBy: [
      ['http/body-signature.test.ts', 'is refused without a signature or with a wrong one'],
    ],
  },
  {
    asset: 'comparison of secrets',
    threat: 'guessing by time, or by trying',
    shownBy: [
      [
        'http/credentials.test.ts',
        'compares hashes of equal length with every credential of the kind',
      ],
      ['http/admin.test.ts', 'slows down guessing, and accepts the right token meanwhile'],
      [
        'http/limits.test.ts',
        'is delayed more with each waiting failure of an address; a right token is not',
      ],
      ['http/limits.test.ts', 'on many connections waits before it is checked'],
    ],
  },
  {
    asset: 'lists of addresses',
    threat: 'a forged X-Forwarded-For',
    shownBy: [
      ['http/posting.test.ts', "is taken from a trusted proxy's header: the last untrusted one"],
      [
        'http/admin.test.ts',
        'is refused through a local proxy, unless it is trusted and forwards a local client',
      ],
      ['config/access.test.ts', 'treat an IPv4-mapped address as the IPv4 address'],
      ['config/access.test.ts', 'reject texts that are not addresses'],
    ],
  },
  {
    asset: 'the way out',
    threat: 'tokens and alerts sent elsewhere',
    shownBy: [
      [
        'config/access.test.ts',
        'may be another with a warning, which robot_hosts turns into a fault',
      ],
      ['config/access.test.ts', 'may use plain http only through a proxy'],
      [
        'notifiers/dingtalk/client.test.ts',
        'a redirect is not followed, so that the token goes nowhere',
      ],
      ['notifiers/dingtalk/client.test.ts', 'a large but bounded body is read to its end'],
      ['notifiers/dingtalk/proxy.test.ts', 'an https webhook goes through a tunnel'],
    ],
  },
  {
    asset: 'templates',
    threat: 'code from others than the operator',
    shownBy: [
      ['reporting/preview.test.ts', 'runs no code of a template that the request contains'],
      ['security/hostile.test.ts', 'is never code, markup, a link or a mention'],
    ],
  },
  {
    asset: '${name}',
    threat: 'a value that is read as a template again',
    shownBy: [['rendering/renderer.test.ts', 'values are data: template syntax, patterns']],
  },
  {
    asset: 'messages in DingTalk',
    threat: 'links that deceive, mentions of everybody',
    shownBy: [
      ['security/hostile.test.ts', 'is never code, markup, a link or a mention'],
      ['rendering/text/escape.test.ts', 'mentions no one, in any format'],
      ['rendering/text/links.test.ts', 'are only ever addresses that may be opened'],
    ],
  },
  {
    asset: 'patterns of the configuration',
    threat: 'a text with exponential time in a backtracking engine',
    shownBy: [
      [
        'security/hostile.test.ts',
        'a pattern that is exponential in a backtracking engine matches at once',
      ],
      ['sources/ocp/ocp.test.ts', 'reading is linear'],
    ],
  },
  {
    asset: 'memory, time and connections',
    threat: 'large, deep, compressed, slow or many requests',
    shownBy: [
      [
        'http/server.test.ts',
        'a body that is too large is refused with 413, before or after decompression',
      ],
      ['http/limits.test.ts', 'an endless header or body is cut off'],
      ['http/limits.test.ts', 'one address cannot take all connections'],
      ['http/limits.test.ts', 'do not block small ones, compressed or not'],
      [
        'http/limits.test.ts',
        'are refused with 503 when the waiting ones hold all the memory for bodies',
      ],
      [
        'e2e/memory.test.ts',
        'accepts many of the largest bodies at once, compressed or not, and delivers them',
      ],
      ['security/hostile.test.ts', 'a huge value costs no more than its share of a message'],
      ['security/hostile.test.ts', 'a flood on one channel does not delay others'],
      ['sources/alertmanager/alertmanager.test.ts', 'deep nesting is refused'],
      ['security/fuzz.test.ts', 'no input to any route causes more than a refusal'],
    ],
  },
  {
    asset: 'the language itself',
    threat: 'names of prototypes',
    shownBy: [
      ['security/hostile.test.ts', 'are ordinary names in both payloads'],
      ['security/hostile.test.ts', 'are unknown channels, messages and assets'],
    ],
  },
  {
    asset: 'the console and its actions',
    threat: 'scripts, forged requests, frames, rebound names, stolen sessions',
    shownBy: [
      ['http/server.test.ts', 'the page comes with a strict policy'],
      ['http/admin.test.ts', 'cannot use a signed-in browser'],
      ['http/admin.test.ts', 'is refused to a rebound host name'],
      ['http/admin.test.ts', "is refused under external_url's name, unless the proxy is trusted"],
      ['http/rebound.test.ts', 'cannot read metrics or health, whatever headers it omits'],
      ['http/admin.test.ts', 'sets a cookie that scripts, other sites and plain HTTP cannot read'],
      ['http/admin.test.ts', 'ends a session at its expiry, with a new token, and on signing out'],
      ['http/admin.test.ts', 'redirects only within this server'],
      ['http/admin.test.ts', 'is granted with the token, and refused without it even locally'],
    ],
  },
  {
    asset: 'silence links',
    threat:
      'a link that is guessed, changed, opened by a preview or sent on; names that mention others',
    shownBy: [
      ['decisions/silence-link.test.ts', 'that was changed anywhere is invalid'],
      [
        'decisions/silence-link.test.ts',
        'contains nothing of the key, and is invalid with another key',
      ],
      ['http/silence.test.ts', 'shows what would be silenced, and opening it changes nothing'],
      ['http/silence.test.ts', 'a changed link is not found, an old one has expired'],
      ['http/silence.test.ts', 'a page of another site cannot press'],
      ['http/silence.test.ts', 'pressing and opening are limited by the minute'],
      ['http/silence.test.ts', 'a hostile name is text everywhere'],
      ['alertmanagers/client.test.ts', 'is not created at the target of a redirect'],
      ['pipeline/people.test.ts', 'a hostile name mentions no one else and loses no message'],
      ['log.test.ts', 'contains no silence link'],
    ],
  },
  {
    asset: 'the log',
    threat: 'forged lines, a disk filled',
    shownBy: [
      ['security/hostile.test.ts', 'cannot forge a line of the log, nor can the path'],
      ['log.test.ts', 'is readable on a terminal, and no value forges a line'],
      ['http/limits.test.ts', 'is limited per second, and counts the omitted lines'],
    ],
  },
  {
    asset: 'metrics',
    threat: 'values of alerts as labels',
    shownBy: [['security/hostile.test.ts', 'is in no metric name or label']],
  },
  {
    asset: 'dependencies',
    threat: 'a bad version, install scripts, a licence',
    shownBy: [
      ['security/supply-chain.test.ts', 'have a hash each and no custom source'],
      ['security/supply-chain.test.ts', 'run no install scripts, except the bundled runtime'],
      ['security/supply-chain.test.ts', 'have only agreed licences'],
    ],
  },
  {
    asset: 'files on disk',
    threat: 'read by other users of the machine',
    shownBy: [
      ['security/leaked-secrets.test.ts', "the store's files are private while it is open"],
      ['stores/file-mode.test.ts', 'are restricted together with SQLite’s own files'],
    ],
  },
]

const source = (file: string): string =>
  readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

describe('each threat', () => {
  for (const { asset, threat, shownBy } of THREATS)
    test(`to ${asset}: ${threat}`, () => {
      assert.ok(shownBy.length > 0)
      for (const [file, name] of shownBy)
        assert.ok(
          [`test('${name}`, `test("${name}`, `test(\`${name}`].some((each) =>
            source(file)
              .replaceAll(/test\(\s+/g, 'test(')
              .includes(each),
          ),
          `${file} has no test "${name}…"`,
        )
    })

  test('is in the threat model', () => {
    const model = readFileSync(new URL('../../deploy/THREAT-MODEL.md', import.meta.url), 'utf8')
    for (const { asset } of THREATS) assert.ok(model.includes(asset), asset)
  })
})
