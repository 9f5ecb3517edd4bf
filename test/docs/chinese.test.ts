import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { WORDS } from '../../src/console/i18n.ts'
import { filesIn } from '../deploy/manifests.ts'
import { documentAt, ROOT } from './markdown.ts'

/** Words for which the documents and the console use another one, such as 限流暂停 for 惩罚. */
const REPLACED =
  /讲|惩罚|提及|返回校验|接收者|处理手册|限额|管理令牌|叫法|您的模板|机器人[^。；|]{0,12}静默/u

/** Words of the mainland, or second words for one thing, in texts for Taiwan. */
const NOT_OF_TAIWAN =
  /告警|消息|信息|默認|網絡|服務器|數據|登錄|用戶|鏈接|日誌|軟件|文件夾|保存|列表|頻道|等候|限制流量|超時|界面/u

const found = (text: string, words: RegExp): string[] =>
  text.split('\n').filter((line) => words.test(line))

describe('the Chinese texts have one word for one thing', () => {
  for (const path of ['README.zh-CN.md', ...filesIn('.zh-CN.md').map((each) => `deploy/${each}`)])
    test(`in ${path}`, () => assert.deepEqual(found(documentAt(path), REPLACED), []))

  test('in the console', () => {
    for (const [name, [, mainland, taiwan]] of Object.entries(WORDS)) {
      assert.doesNotMatch(mainland, REPLACED, name)
      assert.doesNotMatch(taiwan, NOT_OF_TAIWAN, name)
    }
  })

  test('in messages', () => {
    const shown = (language: string): string =>
      readFileSync(`${ROOT}test/rendering/snapshots/${language}.markdown.txt`, 'utf8')
    assert.deepEqual(found(shown('zh-CN'), REPLACED), [])
    assert.deepEqual(found(shown('zh-TW'), NOT_OF_TAIWAN), [])
  })
})
