import { NO_MENTION } from '../../model/alert.ts'
import type { Content, Probe } from '../../model/message.ts'
import type { Robot } from '../../model/settings.ts'
import type { ReadyMessage } from '../notifier.ts'
import { compose, MAX_BODY_BYTES } from './body.ts'

/** The texts of the probes, in English and Chinese, because members of the group read them without context. */
const WORDS: Record<Exclude<Probe, 'repeat'>, string> = {
  first:
    'Test 1: this message is posted twice, and should be here once. 测试 1：此消息发送两次，应只出现一次。',
  everyone: 'Test 2: does this notify everyone? 测试 2：这条消息是否提醒了所有人？',
  keyword: 'Test 3. 测试 3。',
  size: 'Test 4: a large message of blanks. 测试 4：一条由空白组成的大消息。',
}

const TITLE = 'Test 测试'

/** Texts for a message that must not contain a keyword, in order of preference. */
const NEUTRAL = [WORDS.keyword, '3', '·', '—', '。']

/** Shown as a space; two bytes in UTF-8, six as an escape in JSON. */
const BLANK = '\u00a0'

/** As escapes these characters make the body exceed the limit, while the text stays far below it. */
const BLANKS = Math.ceil(MAX_BODY_BYTES / 6)

/**
 * The messages that test undocumented behavior of DingTalk. `first` and `repeat` have the same key. `everyone` sets
 * isAtAll without `@all` in its text. `keyword` has the robot's keyword only in its title. `size` has a body above
 * 20,000 bytes with a text below half of that.
 */
export function probe(which: Probe, robot: Robot, uuid: string): ReadyMessage {
  switch (which) {
    case 'first':
    case 'repeat':
      return ready(WORDS.first, { robot, uuid })
    case 'everyone': {
      const message = ready(WORDS.everyone, { robot, uuid })
      const json = JSON.parse(message.body) as { at: { isAtAll: boolean } }
      json.at.isAtAll = true
      return { ...message, body: JSON.stringify(json) }
    }
    case 'keyword': {
      const [keyword = ''] = robot.keywords
      const title = `${TITLE} ${keyword}`.trim()
      const isFree = (text: string): boolean => !robot.keywords.some((each) => text.includes(each))
      const text = NEUTRAL.find(isFree) ?? WORDS.keyword
      return ready(text, { robot: { ...robot, keywords: [] }, uuid, title })
    }
    case 'size': {
      const message = ready(`${WORDS.size}\n\n${BLANK.repeat(BLANKS)}`, { robot, uuid })
      return { ...message, body: message.body.replaceAll(BLANK, '\\u00a0') }
    }
  }
}

function ready(
  text: string,
  { robot, uuid, title = TITLE }: { robot: Robot; uuid: string; title?: string },
): ReadyMessage {
  const content: Content = { format: 'markdown', title, text, mention: NO_MENTION, link: undefined }
  const body = compose(content, [robot], uuid)
  const { markdown } = JSON.parse(body) as { markdown: { title: string; text: string } }
  return { ...markdown, body }
}
