import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

/** What is threatened, by what, and the tests that show what stands against it: file and beginning of the name. */
const THREATS: readonly {
  asset: string
  threat: string
  shownBy: readonly (readonly [file: string, name: string])[]
}[] = [
  {
    asset: 'access tokens, secrets, passwords',
    threat: 'read in logs, errors, metrics, pages, the store or the output of a command',
    shownBy: [
      ['config/concealed.test.ts', 'is neither in the reply to a reload nor in the log'],
      ['security/canaries.test.ts', 'no secret comes out anywhere, whatever fails'],
      ['security/canaries.test.ts', 'a private key is in no message about it'],
      ['config/load.test.ts', 'no value of a secret is in a fault'],
      ['log.test.ts', 'holds no token, signature or password'],
      ['notifiers/response.test.ts', 'holds none of the given secrets'],
    ],
  },
  {
    asset: 'the receiving routes',
    threat: 'forged alerts and floods',
    shownBy: [
      ['http/posting.test.ts', 'nobody else, and the reply says what is asked for'],
      ['http/posting.test.ts', 'it is decided before the channel, the body and its size'],
      ['http/posting.test.ts', 'a page that somebody has open cannot post in their place'],
      ['http/rebound.test.ts', 'posts no alerts'],
      ['http/tls.test.ts', 'with client_ca, only who shows a certificate of it is let in'],
      ['decisions/exposure.test.ts', 'is posting, for whoever gets there'],
      ['e2e/access.test.ts', 'listening beyond this machine with every door open is told'],
    ],
  },
  {
    asset: "DingTalk's robot API (`/robot/send`)",
    threat: 'a guessed channel, a forged or replayed request, a token in a log',
    shownBy: [
      ['http/robot-send.test.ts', 'is a credential where it is an inlet token'],
      ['http/robot-send.test.ts', 'is the token of a channel that has one'],
      ['http/robot-send.test.ts', 'that is wrong is neither in the reply nor in the log'],
      ['http/robot-send.test.ts', 'comes after the address of the sender'],
      ['http/robot-send.test.ts', 'is no way in for the page of another site'],
      ['http/robot-send.test.ts', 'that is wrong, missing, stale or of another secret is refused'],
      ['sources/chat/hostile.test.ts', 'is refused in words or read, and reads the same again'],
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
      ['http/credentials.test.ts', 'compares hashes of one length'],
      ['http/admin.test.ts', 'guessing is slow, and the right token is taken in the midst of it'],
      ['http/limits.test.ts', 'waits the longer, the more wrong ones of one address wait'],
      ['http/limits.test.ts', 'on many connections at once is not even looked at'],
    ],
  },
  {
    asset: 'lists of addresses',
    threat: 'a forged X-Forwarded-For',
    shownBy: [
      ['http/posting.test.ts', 'a forwarded address counts only from a trusted proxy'],
      ['http/admin.test.ts', 'nobody for whom something on the machine speaks'],
      ['config/access.test.ts', 'take an IPv4-mapped address for the IPv4 address that it is'],
      ['config/access.test.ts', 'never hold what is no address'],
    ],
  },
  {
    asset: 'the way out',
    threat: 'tokens and alerts sent elsewhere',
    shownBy: [
      [
        'config/access.test.ts',
        'elsewhere with a warning, that a list of hosts turns into a fault',
      ],
      ['config/access.test.ts', 'without TLS only through a proxy that needs it'],
      ['notifiers/client.test.ts', 'a redirect is not followed, so that the token goes nowhere'],
      ['notifiers/client.test.ts', 'a large but bounded body is read to its end'],
      ['notifiers/proxy.test.ts', 'an https webhook goes through a tunnel'],
    ],
  },
  {
    asset: 'templates',
    threat: 'code from whoever is not the operator',
    shownBy: [
      ['http/server.test.ts', 'the preview takes variables in a template, but no code'],
      ['security/hostile.test.ts', 'is never code, markup, a link or a mention'],
    ],
  },
  {
    asset: '${name}',
    threat: 'a value that is read as a template again',
    shownBy: [['rendering/render.test.ts', 'values are data: template syntax, patterns']],
  },
  {
    asset: 'messages in DingTalk',
    threat: 'links that deceive, mentions of everybody',
    shownBy: [
      ['security/hostile.test.ts', 'is never code, markup, a link or a mention'],
      ['rendering/escape.test.ts', 'mentions nobody, in any format'],
      ['rendering/links.test.ts', 'are only ever addresses that may be opened'],
    ],
  },
  {
    asset: 'patterns of the configuration',
    threat: 'a text for which a backtracking engine takes for ever',
    shownBy: [
      ['security/hostile.test.ts', 'a pattern that would hold up a backtracking engine'],
      ['sources/ocp.test.ts', 'reading is linear'],
    ],
  },
  {
    asset: 'memory, time and connections',
    threat: 'large, deep, compressed, slow or many requests',
    shownBy: [
      ['http/server.test.ts', 'a body that is too large is refused with 413'],
      ['http/limits.test.ts', 'a head and a body that never end are given up'],
      ['http/limits.test.ts', 'one address does not take all connections'],
      ['http/limits.test.ts', 'that wait keep no small one out, compressed or not'],
      [
        'http/limits.test.ts',
        'are asked to come again when those that wait hold all the memory that bodies may',
      ],
      [
        'e2e/memory.test.ts',
        'takes the largest bodies at once, compressed or not, and delivers them',
      ],
      ['security/hostile.test.ts', 'a value of megabytes costs no more'],
      ['security/hostile.test.ts', 'a sender that floods its channel delays no other'],
      ['sources/alertmanager.test.ts', 'deep nesting is refused'],
      ['security/fuzz.test.ts', 'nothing that is sent to any route brings more than a refusal'],
    ],
  },
  {
    asset: 'the language itself',
    threat: 'names of prototypes',
    shownBy: [
      ['security/hostile.test.ts', 'are names like others, in both payloads'],
      ['security/hostile.test.ts', 'are channels, messages and assets that are not there'],
    ],
  },
  {
    asset: 'the console and its actions',
    threat: 'scripts, forged requests, frames, rebound names, stolen sessions',
    shownBy: [
      ['http/server.test.ts', 'the page comes with a strict policy'],
      ['http/admin.test.ts', 'reaches nothing through a browser that is signed in'],
      ['http/admin.test.ts', 'no page whose name leads here'],
      ['http/admin.test.ts', 'nobody under the name that only a proxy leads here'],
      ['http/rebound.test.ts', 'reads neither metrics nor health'],
      ['http/admin.test.ts', 'the cookie is kept from scripts and other sites'],
      ['http/admin.test.ts', 'a session ends with its time, with the token'],
      ['http/admin.test.ts', 'nobody is led away from here'],
      ['http/admin.test.ts', 'whoever shows it, and not even this machine without'],
    ],
  },
  {
    asset: 'the log',
    threat: 'forged lines, a disk filled',
    shownBy: [
      ['security/hostile.test.ts', 'makes no line of the log'],
      ['log.test.ts', 'is readable on a terminal, and no value forges a line'],
      ['http/limits.test.ts', 'has so many lines a second at most'],
    ],
  },
  {
    asset: 'metrics',
    threat: 'values of alerts as labels',
    shownBy: [['security/hostile.test.ts', 'is in no name and label of a metric']],
  },
  {
    asset: 'packages of others',
    threat: 'a bad version, scripts at install, a licence',
    shownBy: [
      ['security/supply-chain.test.ts', 'is what it was when it was chosen'],
      ['security/supply-chain.test.ts', 'runs nothing when it is installed'],
      ['security/supply-chain.test.ts', 'may ship with this'],
    ],
  },
  {
    asset: 'files on disk',
    threat: 'read by other users of the machine',
    shownBy: [
      ['security/canaries.test.ts', 'the store is for its owner alone while it is open'],
      ['stores/file-mode.test.ts', 'are for their owner alone once it is open'],
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

  test('stands in the threat model', () => {
    const model = readFileSync(new URL('../../deploy/THREAT-MODEL.md', import.meta.url), 'utf8')
    for (const { asset } of THREATS) assert.ok(model.includes(asset), asset)
  })
})
