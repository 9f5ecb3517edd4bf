import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Mention, NO_MENTION } from '../../../src/model/alert.ts'
import type { Content } from '../../../src/model/message.ts'
import { compose, MAX_BODY_BYTES, MAX_MENTIONED } from '../../../src/notifiers/dingtalk/body.ts'
import { SandboxGroup } from '../../../src/sandbox/group.ts'
import { robotNamed } from '../../support/settings.ts'

interface Body {
  msgtype: 'text' | 'markdown' | 'actionCard'
  msgUuid: string
  text?: { content: string }
  markdown?: { title: string; text: string }
  actionCard?: Record<'title' | 'text' | 'singleTitle' | 'singleURL' | 'btnOrientation', string> & {
    btns?: { title: string; actionURL: string }[]
  }
  at: { atMobiles: string[]; atUserIds: string[]; isAtAll: boolean }
}

function contentOf(changes: Partial<Content> = {}): Content {
  return {
    format: 'markdown',
    title: 'High load',
    text: 'The load of db-1 is 42',
    mention: NO_MENTION,
    link: undefined,
    ...changes,
  }
}

function composed(changes: Partial<Content> = {}, keywords: readonly string[][] = [[]]): Body {
  const robots = keywords.map((each, index) => robotNamed(`ops-${index}`, { keywords: each }))
  return JSON.parse(compose(contentOf(changes), robots, 'uuid-1')) as Body
}

function textOf(body: Body): string {
  const text = body.text?.content ?? body.markdown?.text ?? body.actionCard?.text
  assert.ok(text !== undefined)
  return text
}

function mentioning(changes: Partial<Mention>): Mention {
  return { ...NO_MENTION, ...changes }
}

describe('the format of a body', () => {
  test('markdown has title, text, the key against repeats and the mentions', () => {
    assert.deepEqual(composed(), {
      msgtype: 'markdown',
      msgUuid: 'uuid-1',
      markdown: { title: 'High load', text: 'The load of db-1 is 42' },
      at: { atMobiles: [], atUserIds: [], isAtAll: false },
    })
  })

  test('text has no title', () => {
    const body = composed({ format: 'text' })
    assert.deepEqual(body.text, { content: 'The load of db-1 is 42' })
    assert.equal(body.msgtype, 'text')
    assert.equal(body.markdown, undefined)
  })

  test('a card has its link as a whole', () => {
    const body = composed({ format: 'actionCard', link: 'https://alerts.example/m/1' })
    assert.equal(body.msgtype, 'actionCard')
    assert.equal(body.actionCard?.singleURL, 'https://alerts.example/m/1')
    assert.equal(body.actionCard?.singleTitle, 'Details')
    assert.equal(body.actionCard?.btnOrientation, '0')
  })

  test('a card with several buttons has a link for each; with one button, as a whole', () => {
    const button = (name: string) => ({ title: name, url: `https://alerts.example/${name}` })
    const buttons = ['a', 'b', 'c', 'd', 'e', 'f'].map(button)
    const link = 'https://alerts.example/m/1'
    const several = composed({ format: 'actionCard', link, buttons })
    assert.deepEqual(several.actionCard?.btns?.[0], {
      title: 'a',
      actionURL: 'https://alerts.example/a',
    })
    assert.equal(several.actionCard?.btns?.length, 5)
    assert.equal(several.actionCard?.singleURL, undefined)
    const one = composed({
      format: 'actionCard',
      link,
      buttons: [button('a'), { title: 'b', url: '' }],
    })
    assert.equal(one.actionCard?.singleTitle, 'a')
    assert.equal(one.actionCard?.singleURL, 'https://alerts.example/a')
  })

  test('a card without a link becomes markdown, because DingTalk would refuse it', () => {
    for (const link of [undefined, '', '  ']) {
      const body = composed({ format: 'actionCard', link })
      assert.equal(body.msgtype, 'markdown')
      assert.equal(body.markdown?.title, 'High load')
    }
  })

  test('title and text are never empty', () => {
    const empty = composed({ title: ' \n', text: '\n\t ' })
    assert.deepEqual(empty.markdown, { title: 'Alert', text: 'Alert' })
    assert.equal(textOf(composed({ format: 'text', text: '' })), 'High load')
  })

  test('the title is on one line', () => {
    assert.equal(composed({ title: ' High\n  load\t! ' }).markdown?.title, 'High load !')
  })

  test('the body is well formed even if the text is not', () => {
    const body = compose(contentOf({ title: 'a\ud800', text: 'b\udc00c' }), [], 'uuid-1')
    assert.ok(!/\\ud[89a-f]/i.test(body), body)
    assert.equal(textOf(JSON.parse(body) as Body), 'b\ufffdc')
  })

  test('the body of the same message is always the same, as each attempt needs', () => {
    const content = contentOf({ mention: mentioning({ mobiles: ['13800000000'] }) })
    const robots = [robotNamed('ops-1', { keywords: ['OCP'] })]
    assert.equal(compose(content, robots, 'uuid-1'), compose(content, robots, 'uuid-1'))
  })
})

describe('keywords', () => {
  test('missing ones are added in front of the title and below the text', () => {
    const { markdown } = composed({}, [['OCP', 'other']])
    assert.equal(markdown?.title, '[OCP] High load')
    assert.equal(markdown?.text, 'The load of db-1 is 42\n\nOCP')
    assert.equal(textOf(composed({ format: 'text' }, [['OCP']])), 'The load of db-1 is 42\nOCP')
  })

  test('none is added if any one of them is present', () => {
    const { markdown } = composed({ title: 'load: OCP' }, [['missing', 'load']])
    assert.equal(markdown?.title, 'load: OCP')
    assert.equal(markdown?.text, 'The load of db-1 is 42')
  })

  test('are searched in title and text separately', () => {
    const { markdown } = composed({ title: 'OCP is ill', text: 'load' }, [['OCP']])
    assert.equal(markdown?.title, 'OCP is ill')
    assert.equal(markdown?.text, 'load\n\nOCP')
  })

  test('are case-sensitive', () => {
    assert.equal(composed({ title: 'ocp', text: 'ocp' }, [['OCP']]).markdown?.title, '[OCP] ocp')
  })

  test('of every robot in a pool are present, a shared one once', () => {
    const { markdown } = composed({}, [['OCP'], ['告警'], ['x', 'OCP'], []])
    assert.equal(markdown?.title, '[OCP][告警] High load')
    assert.equal(markdown?.text, 'The load of db-1 is 42\n\nOCP 告警')
  })

  test('are in fallback texts too', () => {
    const { markdown } = composed({ title: '', text: '' }, [['OCP']])
    assert.deepEqual(markdown, { title: '[OCP] Alert', text: '[OCP] Alert' })
  })
})

describe('mentions', () => {
  test('are in the text, otherwise DingTalk notifies no one', () => {
    const mention = mentioning({ mobiles: ['13800000000'], users: ['manager7'], all: true })
    for (const format of ['markdown', 'text', 'actionCard'] as const) {
      const body = composed({ format, mention, link: 'https://alerts.example' })
      assert.deepEqual(body.at, {
        atMobiles: ['13800000000'],
        atUserIds: ['manager7'],
        isAtAll: true,
      })
      assert.equal(textOf(body).split('\n').at(-1), '@all @13800000000 @manager7')
    }
  })

  test('of everyone are in the text too, once', () => {
    const mention = mentioning({ all: true })
    assert.equal(textOf(composed({ text: 'load', mention })), 'load\n\n@all')
    assert.equal(textOf(composed({ text: 'load', mention, format: 'text' })), 'load\n@all')
    assert.equal(textOf(composed({ text: 'hello @all, load', mention })), 'hello @all, load')
    assert.equal(
      textOf(composed({ text: 'mail@all.example', mention })),
      'mail@all.example\n\n@all',
    )
    assert.equal(textOf(composed({ text: 'load' })), 'load')
  })

  test('already in the text are not repeated', () => {
    const mention = mentioning({ mobiles: ['13800000000'], users: ['wu'] })
    const text = '@13800000000 please look, with @wu.'
    assert.equal(textOf(composed({ text, mention })), text)
    for (const adjacent of ['@13800000000@wu', 'to @wu@13800000000, now'])
      assert.equal(textOf(composed({ text: adjacent, mention })), adjacent)
    for (const other of ['@138000000001@wu', '@wu@13800000000x', 'a@wu@13800000000'])
      assert.notEqual(textOf(composed({ text: other, mention })), other)
  })

  test('that are only part of a longer name do not count', () => {
    const mention = mentioning({ mobiles: ['138'], users: ['bob'] })
    for (const text of ['@1380 x@bob', '@138-1 @bob.smith', '@138a @bobby', '@138@x @bob_'])
      assert.equal(textOf(composed({ text, mention })), `${text}\n\n@138 @bob`)
    assert.equal(textOf(composed({ text: '@1380, @138 @bob', mention })), '@1380, @138 @bob')
  })

  test('are at most 50 people, numbers first, in the text too', () => {
    const mobiles = Array.from({ length: 40 }, (_, index) => String(13_800_000_000 + index))
    const users = Array.from({ length: 40 }, (_, index) => `user${index}x`)
    const body = composed({ mention: mentioning({ mobiles, users }) })
    assert.deepEqual(body.at.atMobiles, mobiles)
    assert.deepEqual(body.at.atUserIds, users.slice(0, 10))
    assert.equal(textOf(body).match(/@/g)?.length, 50)
  })

  test('longer than any number or id are left out, so that a message fits', () => {
    const long = '1'.repeat(30_000)
    const body = compose(
      contentOf({ mention: mentioning({ mobiles: [long, '13800000000'], users: [long] }) }),
      [],
      'uuid-1',
    )
    assert.ok(Buffer.byteLength(body) < 1_000)
    assert.match(body, /13800000000/)
  })

  test('are unique, without spaces and without an extra @', () => {
    const mention = mentioning({ mobiles: ['@138', ' 138 ', '', '139'], users: ['wu', '@wu'] })
    const body = composed({ mention })
    assert.deepEqual(body.at, { atMobiles: ['138', '139'], atUserIds: ['wu'], isAtAll: false })
  })
})

const PERSON = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const CONTENT = fc.record({
  format: fc.constantFrom('text' as const, 'markdown' as const, 'actionCard' as const),
  title: fc.string({ unit: 'binary', maxLength: 60 }),
  text: fc.string({ unit: 'binary', maxLength: 400 }),
  mention: fc.record({
    mobiles: fc.array(PERSON, { maxLength: 70 }),
    users: fc.array(PERSON, { maxLength: 70 }),
    all: fc.boolean(),
  }),
  link: fc.option(fc.webUrl(), { nil: undefined }),
})
const KEYWORDS = fc.array(fc.array(fc.stringMatching(/^[\p{L}\d"\\<]{1,8}$/u), { maxLength: 3 }), {
  maxLength: 4,
})

describe('for any content', () => {
  test("a body has the robots' keywords, a text and all mentions", () => {
    fc.assert(
      fc.property(CONTENT, KEYWORDS, (content, keywords) => {
        const body = composed(content, keywords)
        const text = textOf(body)
        const title = body.markdown?.title ?? body.actionCard?.title ?? text
        assert.ok(text.trim() !== '' && title.trim() !== '')
        for (const each of keywords)
          if (each.length > 0)
            assert.ok(
              each.some((one) => text.includes(one)) && each.some((one) => title.includes(one)),
            )
        const people = [...body.at.atMobiles, ...body.at.atUserIds]
        assert.ok(people.length <= MAX_MENTIONED)
        const words = new Set(text.match(/@[a-z0-9]+/g))
        for (const person of people) assert.ok(words.has(`@${person}`), person)
        const asked = new Set([...content.mention.mobiles, ...content.mention.users])
        if (asked.size <= 25) for (const person of asked) assert.ok(people.includes(person))
      }),
    )
  })

  test('the sandbox, as strict as DingTalk, accepts the body and notifies everyone mentioned', () => {
    fc.assert(
      fc.property(CONTENT, KEYWORDS, (content, keywords) => {
        const robots = keywords.map((each, index) => robotNamed(`r${index}`, { keywords: each }))
        const body = compose(content, robots, 'uuid-1')
        fc.pre(Buffer.byteLength(body) <= MAX_BODY_BYTES)
        for (const robot of robots) {
          const group = new SandboxGroup()
          const query = new URLSearchParams({ access_token: robot.name })
          const reply = group.receive(robot, { query, body }, new Date(0))
          assert.equal(reply.body, '{"errcode":0,"errmsg":"ok"}')
          const { at } = JSON.parse(body) as Body
          assert.deepEqual(group.shown()[0]?.mention, {
            mobiles: at.atMobiles,
            users: at.atUserIds,
            all: at.isAtAll,
          })
        }
      }),
    )
  })
})
