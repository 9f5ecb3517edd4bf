import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { probe } from '../../src/cli/probe.ts'
import type { Robot } from '../../src/model/settings.ts'
import type { GroupOptions } from '../../src/sandbox/group.ts'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'

const configFor = (dingtalk: StandIn, port: number, robot = ''): string =>
  `listen: 127.0.0.1:${port}
robots: { ops: { webhook: "${dingtalk.url('t')}", keywords: [OCP, Test] ${robot} } }
channels: { c: { robots: [ops] } }
`

/** Runs the command; returns the printed answers by question, and what the group was shown. */
async function probed(group: GroupOptions, robot: Partial<Robot> = {}) {
  using folder = temporaryFolder()
  await using dingtalk = await startStandIn({
    group,
    robots: { t: { keywords: ['OCP'], ...robot } },
  })
  writeFileSync(
    join(folder.path, 'dingtalk-receiver.yml'),
    configFor(dingtalk, await freePort()).replace('[OCP, Test]', '[OCP]'),
  )
  const { code, stdout, stderr } = await runCommand(['probe', 'ops', '--yes'], { cwd: folder.path })
  const answers = stdout
    .split('\n')
    .map((line) => line.split(/ {2,}/))
    .filter((cells) => cells.length === 2 && cells[0] !== '')
  return {
    code,
    stdout,
    stderr,
    ...{ answers: Object.fromEntries(answers) as Record<string, string> },
    received: [...dingtalk.received],
    shown: dingtalk.shown(),
  }
}

const REPEAT = 'a repeated msgUuid'
const KEYWORD = 'a keyword in the title alone'
const SIZE = 'the limit of 20,000 bytes'

describe('probe', () => {
  test('reports the likely behavior, with messages that are marked as tests', async () => {
    const { code, stdout, answers, received, shown } = await probed({})
    assert.equal(code, 0, stdout)
    assert.match(stdout, /^Posts 5 messages to the group of ops, within its limit of 20 in 60 s:\n/)
    assert.match(answers[REPEAT] ?? '', /^answered like the first; check whether/)
    assert.match(answers['isAtAll without @all'] ?? '', /^accepted; check whether/)
    assert.equal(answers[KEYWORD], 'is enough')
    assert.match(answers[SIZE] ?? '', /^counts the body: errcode 460101/)
    const uuids = received.map(({ body }) => (JSON.parse(body) as { msgUuid: string }).msgUuid)
    assert.equal(uuids[0], uuids[1])
    assert.equal(new Set(uuids).size, 4)
    assert.equal(shown.length, 3)
    for (const { title } of shown) assert.match(title, /Test 测试/)
    assert.ok(shown.every(({ mention }) => !mention.all))
  })

  test('reports each other behavior', async () => {
    const refused = await probed({ repeats: 'refused', keywords: 'text', size: 'text' })
    assert.equal(refused.code, 0, refused.stdout)
    assert.match(
      refused.answers[REPEAT] ?? '',
      /^answered with errcode 460409 "duplicate msgUuid"; check/,
    )
    assert.match(refused.answers[KEYWORD] ?? '', /^is not enough: errcode 310000 /)
    assert.equal(refused.answers[SIZE], 'counts the text: a larger body was accepted')
    const shown = await probed({ repeats: 'shown', everyone: 'flag' })
    assert.equal(shown.shown.filter(({ text }) => text.startsWith('Test 1')).length, 2)
    assert.equal(shown.shown.filter(({ mention }) => mention.all).length, 1)
  })

  test('stops when DingTalk throttles, and lists the open questions', async () => {
    const limits = { messages: 2, perMs: 60_000, penaltyMs: 60_000 }
    const { code, answers, received } = await probed({}, { limits })
    assert.equal(code, 3)
    assert.match(answers['isAtAll without @all'] ?? '', /^no answer: DingTalk throttles/)
    assert.match(answers[KEYWORD] ?? '', /^not asked, /)
    assert.equal(received.length, 3)
  })

  test('stops with the remedy if the first message is refused', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ unknown: ['t'] })
    const file = join(folder.path, 'dingtalk-receiver.yml')
    writeFileSync(file, configFor(dingtalk, await freePort()))
    const { code, stdout } = await runCommand(['probe', 'ops', '--yes'], { cwd: folder.path })
    assert.equal(code, 1)
    assert.match(stdout, /ops: not accepted \(errcode 300005\)\. .*Copy the webhook/)
    assert.equal(dingtalk.received.length, 1)
  })

  test('posts nothing without confirmation, or for an unknown robot', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const file = join(folder.path, 'dingtalk-receiver.yml')
    writeFileSync(file, configFor(dingtalk, await freePort()))
    const alone = await runCommand(['probe', 'ops'], { cwd: folder.path })
    assert.deepEqual(
      [alone.code, alone.stderr],
      [2, 'there is no terminal to confirm on; add --yes to post\n'],
    )
    const other = await runCommand(['probe', 'nobody', '--yes'], { cwd: folder.path })
    assert.deepEqual([other.code, other.stderr], [1, 'unknown robot "nobody"; available: ops\n'])
    assert.equal(dingtalk.received.length, 0)
  })

  test('asks for confirmation first, and afterwards what the group shows', async (context) => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ group: { repeats: 'shown' } })
    const file = join(folder.path, 'x.yml')
    writeFileSync(
      file,
      configFor(dingtalk, await freePort()).replace(', keywords: [OCP, Test]', ''),
    )
    const asked: string[] = []
    let printed = ''
    const answering =
      (...answers: string[]) =>
      async (question: string) => {
        asked.push(question)
        return answers.shift()
      }
    context.mock.method(process.stdout, 'write', (text: string) => {
      printed += text
      return true
    })
    assert.equal(await probe('ops', { config: file }, answering('n')), 1)
    assert.equal(dingtalk.received.length, 0)
    assert.equal(await probe('ops', { config: file }, answering('yes', '2', 'n')), 0)
    context.mock.restoreAll()
    assert.match(printed, /Posts 4 messages .*Nothing was posted\.\n/s)
    assert.match(printed, /shown twice: after a lost reply a message may appear twice\n/)
    assert.match(printed, /notifies no one: the text needs @all\n/)
    assert.match(printed, /not asked: the robot has no keywords\n/)
    assert.equal(asked.length, 4)
    assert.equal(dingtalk.received.length, 4)
  })

  test('keeps the limit with and without a running receiver, which counts the calls', async () => {
    using folder = temporaryFolder()
    const limits = { messages: 3, perMs: 4_000, penaltyMs: 60_000 }
    await using dingtalk = await startStandIn({ robots: { t: { limits } } })
    const port = await freePort()
    const config = configFor(dingtalk, port, ', limits: { messages: 3, per: 4s }')
    writeFileSync(join(folder.path, 'dingtalk-receiver.yml'), config)
    const run = () => runCommand(['probe', 'ops', '--yes'], { cwd: folder.path })
    const alone = await run()
    assert.equal(alone.code, 0, alone.stdout + alone.stderr)
    await using receiver = await new Receiver({ folder: folder.path, port }).start()
    const beside = await run()
    assert.equal(beside.code, 0, beside.stdout + beside.stderr)
    assert.equal(dingtalk.received.length, 10)
    const { messages } = await receiver.json<{ messages: { kind: string }[] }>('/api/v1/messages')
    assert.equal(messages.filter(({ kind }) => kind === 'test').length, 10)
    const wrong = await receiver.post('/api/v1/robots/ops/test?probe=first', '')
    assert.equal(wrong.status, 400)
    assert.equal((await receiver.post('/api/v1/robots/ops/test?probe=x', '')).status, 400)
  })
})
