import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alertReason, errorText, messageReason } from '../../src/console/explanations.ts'
import { wordsOf } from '../../src/console/i18n.ts'
import type { StoredAttempt } from '../../src/stores/queries.ts'

const EN = wordsOf('en-US')
const CN = wordsOf('zh-CN')
const TW = wordsOf('zh-TW')

const attempt = (result: string, explanation: string): StoredAttempt => ({
  at: new Date(0),
  robot: 'r',
  result,
  httpStatus: 200,
  errcode: undefined,
  errmsg: undefined,
  explanation,
  durationMs: 1,
})

const dead = (reason: string | undefined, ...attempts: StoredAttempt[]) => ({ reason, attempts })

describe('the reason of a dead message', () => {
  const keyword = dead('No keyword.', attempt('keyword', 'No keyword.'))

  test('is shown as stored in English, and by its verdict in Chinese', () => {
    assert.equal(messageReason(keyword, EN), 'No keyword.')
    assert.equal(messageReason(keyword, CN), '消息不含机器人的自定义关键词：请设置 keywords。')
    assert.equal(messageReason(keyword, TW), '訊息不含機器人的自訂關鍵字：請設定 keywords。')
  })

  test('adds that retries were given up', () => {
    const given = dead(
      'Busy. Given up after 5 equal replies.',
      attempt('network', 'No connection.'),
      attempt('busy', 'Busy.'),
    )
    assert.equal(messageReason(given, CN), '钉钉繁忙，将会重试。多次失败后已放弃。')
  })

  test('names a removed channel or robot', () => {
    const removed = dead('its channel or robot was removed from the configuration')
    assert.equal(messageReason(removed, CN), '其通道或机器人已从配置中移除')
  })

  test('stays English if no translation fits, and undefined if there is no reason', () => {
    const other = dead('by hand', attempt('ok', 'Accepted.'))
    assert.equal(messageReason(other, CN), 'by hand')
    assert.equal(messageReason(dead('new', attempt('something_new', 'new')), CN), 'new')
    assert.equal(messageReason(dead(undefined), CN), undefined)
  })
})

describe('the reason of an alert', () => {
  test('is translated if it is suppressed, and refers to its message if it is dead', () => {
    assert.equal(alertReason({ state: 'suppressed', reason: 'outdated' }, CN), '早于已通知的状态')
    assert.equal(alertReason({ state: 'dead', reason: 'No.' }, EN), 'No.')
    assert.equal(alertReason({ state: 'dead', reason: 'No.' }, TW), '傳送失敗，原因請見所屬訊息')
    assert.equal(alertReason({ state: 'sent', reason: undefined }, CN), undefined)
  })
})

describe('an error of a page', () => {
  test('has a Chinese explanation above its English text', () => {
    const error = { code: 'not_found', message: 'unknown message "7"' }
    assert.deepEqual(errorText(error, EN), { why: 'unknown message "7"' })
    assert.deepEqual(errorText(error, CN), {
      why: '该页面或消息不存在。',
      detail: 'unknown message "7"',
    })
  })

  test('with an unknown code keeps its English text', () => {
    assert.deepEqual(errorText({ code: 'new', message: 'x' }, CN), { why: 'x' })
  })
})
