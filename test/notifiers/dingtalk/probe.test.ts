import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PROBES } from '../../../src/model/message.ts'
import { MAX_BODY_BYTES } from '../../../src/notifiers/dingtalk/body.ts'
import { probe } from '../../../src/notifiers/dingtalk/probe.ts'
import { readMessage } from '../../../src/sandbox/message.ts'
import { robotNamed } from '../../support/settings.ts'

const UUID = '00000000-0000-4000-8000-000000000001'
const bytes = (text: string): number => Buffer.byteLength(text)

interface Body {
  msgUuid: string
  markdown: { title: string; text: string }
  at: { isAtAll: boolean; atMobiles: string[] }
}

const bodyOf = (which: (typeof PROBES)[number], keywords: string[] = []): Body =>
  JSON.parse(probe(which, robotNamed('r', { keywords }), UUID).body) as Body

describe('the message of a probe', () => {
  test('is marked as a test, and has everything that DingTalk requires', () => {
    for (const which of PROBES) {
      const message = probe(which, robotNamed('r', { keywords: ['OCP'] }), UUID)
      const shown = readMessage(message.body, { size: 'text', everyone: 'flag' })
      assert.ok('text' in shown, which)
      assert.match(shown.title, /Test 测试/)
      assert.equal(shown.uuid, UUID)
      assert.deepEqual(shown.mention.mobiles, [])
      assert.deepEqual([message.title, message.text], [shown.title, shown.text])
    }
  })

  test('is equal for first and repeat', () => {
    assert.deepEqual(bodyOf('first'), bodyOf('repeat'))
  })

  test('mentions everyone by the flag alone', () => {
    const { at, markdown } = bodyOf('everyone', ['OCP'])
    assert.equal(at.isAtAll, true)
    assert.doesNotMatch(markdown.text, /@/)
    assert.match(markdown.text, /OCP/)
    for (const which of ['first', 'keyword', 'size'] as const)
      assert.equal(bodyOf(which).at.isAtAll, false)
  })

  test('has the keyword in its title but not in its text, whatever the keywords are', () => {
    for (const keywords of [
      ['OCP'],
      ['Test'],
      ['测试'],
      ['Test', '测试'],
      ['3', '。'],
      ['Test 3', '3'],
    ]) {
      const { title, text } = bodyOf('keyword', keywords).markdown
      assert.ok(title.includes(keywords[0] as string))
      for (const each of keywords) assert.ok(!text.includes(each), `${each} in ${text}`)
      assert.notEqual(text.trim(), '')
    }
  })

  test('has a body above the limit with a text of less than half of it', () => {
    const { body, text } = probe('size', robotNamed('r', { keywords: ['OCP'] }), UUID)
    assert.ok(bytes(body) > MAX_BODY_BYTES && bytes(body) < MAX_BODY_BYTES * 1.2)
    assert.ok(bytes(text) < MAX_BODY_BYTES / 2)
    assert.ok(bytes(JSON.stringify(JSON.parse(body))) < MAX_BODY_BYTES / 2)
  })
})
