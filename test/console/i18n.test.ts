import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ENTITIES } from '../../src/console/i18n/entities.ts'
import { LISTS } from '../../src/console/i18n/lists.ts'
import { MESSAGES } from '../../src/console/i18n/messages.ts'
import { OVERVIEW } from '../../src/console/i18n/overview.ts'
import { PAGE } from '../../src/console/i18n/page.ts'
import { PLAYGROUND } from '../../src/console/i18n/playground.ts'
import { REASONS } from '../../src/console/i18n/reasons.ts'
import { SANDBOX } from '../../src/console/i18n/sandbox.ts'
import { SETUP } from '../../src/console/i18n/setup.ts'
import { isWord, WORDS, wordsOf } from '../../src/console/i18n.ts'
import { ERROR_CODES as APP_ERRORS } from '../../src/errors.ts'
import { PAUSE_REASONS, SEND_RESULTS, SUPPRESS_REASONS } from '../../src/metrics.ts'
import { ERROR_CODES, resultOf } from '../../src/notifiers/dingtalk/error-codes.ts'
import { DEMOS } from '../../src/reporting/sandbox-demo.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LANGUAGES = ['en-US', 'zh-CN', 'zh-TW'] as const

const ON_NO_PAGE = [
  'bad_signature',
  'wrong_method',
  'bad_configuration',
  'unreadable_file',
  'unwritable_file',
  'cannot_listen',
  'usage',
]

function namesIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string).sort()
}

describe("the console's message catalog", () => {
  test('has every entry in each language, with the same placeholders', () => {
    for (const [word, texts] of Object.entries(WORDS)) {
      assert.equal(texts.length, LANGUAGES.length, word)
      for (const text of texts) {
        assert.notEqual(text.trim(), word === 'comma' ? '-' : '', word)
        // A singular may omit the placeholder of its number.
        if (!word.endsWith('One')) assert.deepEqual(namesIn(text), namesIn(texts[0]), word)
      }
    }
  })

  test('has no duplicate names', () => {
    const parts = [PAGE, OVERVIEW, REASONS, MESSAGES, PLAYGROUND, SANDBOX, SETUP, LISTS, ENTITIES]
    const names = parts.flatMap((part) => Object.keys(part))
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    )
  })

  test('has every word that a page uses', () => {
    const files = globSync(['templates/console/**/*.eta', 'src/console/**/*.ts'], { cwd: ROOT })
    assert.ok(files.length > 15)
    const missing = files.flatMap((file) =>
      [
        ...readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(
          /\b[tn]\((?:[^()']+(?: === '\w+')? \? '(\w+)' : )?'(\w+)'[,)]/g,
        ),
      ]
        .flatMap(([, ...words]) => words.filter((word) => word !== undefined))
        .filter((word) => !isWord(word))
        .map((word) => `${file}: ${word}`),
    )
    assert.deepEqual(missing, [])
  })

  test('has a text for every reason and outcome', () => {
    const waits = ['paused', 'no_call_left', 'collecting', 'retrying', 'push_limit', 'quota']
    const wanted = [
      ...SUPPRESS_REASONS.map((reason) => `suppress_${reason}`),
      ...waits.map((reason) => `wait_${reason}`),
      ...PAUSE_REASONS.map((reason) => `pause_${reason}`),
      ...SEND_RESULTS.filter((each) => each !== 'rejected').map((each) => `verdict_${each}`),
      // The other codes occur only on the command line and in the API.
      ...Object.keys(APP_ERRORS)
        .filter((code) => !ON_NO_PAGE.includes(code))
        .map((code) => `error_${code}`),
      'error_internal',
      ...Object.values(ERROR_CODES).map(({ outcome }) => `verdict_${resultOf(outcome)}`),
      ...['alert', 'group', 'digest', 'recovery', 'test'].map((kind) => `kind_${kind}`),
      ...['pending', 'sending', 'sent', 'dead', 'suppressed'],
      ...DEMOS.flatMap((name) => [`play_${name}`, `play_${name}Hint`, `played_${name}`]),
    ]
    assert.deepEqual(
      wanted.filter((word) => !isWord(word)),
      [],
    )
  })

  test('formats singular counts, durations in two units, and unknown reasons unchanged', () => {
    const words = wordsOf('en-US')
    assert.deepEqual(
      [words.n('alertsN', 1), words.n('alertsN', 0), words.n('alertsN', 1234)],
      ['1 alert', '0 alerts', '1,234 alerts'],
    )
    assert.deepEqual(
      [0, 59_400, 61_000, 3_600_000, 90_061_000].map((ms) => words.duration(ms)),
      ['0 s', '59 s', '1 min 1 s', '1 h', '1 d 1 h'],
    )
    assert.equal(wordsOf('zh-CN').duration(61_000), '1 分 1 秒')
    assert.equal(words.reason('wait', 'something_new'), 'something_new')
  })
})
