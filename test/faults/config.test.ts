import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'

const payload = (instance: string) => ({
  groupKey: instance,
  alerts: [{ status: 'firing', labels: { alertname: 'A', severity: 'critical', instance } }],
})

describe('the configuration', () => {
  test('C01 invalid YAML and C07 a missing secret: the start names the place, shows no value, and exits with 1', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'dingtalk-receiver.yml')
    const serve = async () =>
      runCommand(['serve', '--listen', `127.0.0.1:${await freePort()}`], { cwd: folder.path })
    writeFileSync(file, 'robots:\n  ops-1: { webhook: sandbox\nchannels: {}\n')
    const broken = await serve()
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /dingtalk-receiver\.yml:\d+:\d+: /)
    writeFileSync(
      file,
      'robots:\n  ops-1: { webhook: sandbox, secret: { env: NOT_THERE } }\n  ops-2: { webhook: { file: not/there } }\nchannels: { ops: { robots: [ops-1] } }\n',
    )
    const missing = await serve()
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /:2:\d+: robots\.ops-1\.secret.*NOT_THERE/)
    assert.match(missing.stderr, /:3:\d+: robots\.ops-2\.webhook.*not\/there/)
    for (const { stderr } of [broken, missing]) assert.doesNotMatch(stderr, /\n\s+at /)
  })

  test('C05 a reload that removes a robot with a long queue: its alerts go to the remaining robots, once', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const robot = (token: string) => `{ webhook: "${dingtalk.url(token)}" }`
    const dead = '{ webhook: "http://127.0.0.1:9/robot/send?access_token=x" }'
    const config = (first: string, channel: string) =>
      `robots: { old: ${first}, new: ${robot('new')} }\nchannels: { ops: { ${channel} } }\n`
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: config(dead, 'robots: [old]'),
    })
    await receiver.start()
    for (let index = 0; index < 20; index += 1)
      assert.equal((await receiver.post('/alertmanager/ops', payload(`db-${index}`))).status, 200)
    await until(
      'a message is under way or failed',
      async () =>
        (await receiver.json<{ messages: unknown[] }>('/api/v1/messages')).messages.length > 0,
    )
    receiver.configure(config(dead, 'robots: [new]'))
    assert.equal((await receiver.post('/-/reload', '')).status, 200)
    await until(
      'the new one has delivered everything',
      async () => {
        const { alerts } = await receiver.json<{ alerts: { state: string }[] }>(
          '/api/v1/alerts?limit=1000',
        )
        return alerts.length === 20 && alerts.every((each) => each.state === 'sent')
      },
      60_000,
    )
    const said = dingtalk
      .shown()
      .map((each) => each.text)
      .join('\n')
    for (let index = 0; index < 20; index += 1) assert.match(said, new RegExp(`db-${index}\\b`))
  })

  test('C06 a template that cannot be compiled is refused by a reload, and the old one stays in use', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const config = `robots: { r: { webhook: "${dingtalk.url('t')}" } }\nchannels: { ops: { robots: [r], template: mine } }\n`
    mkdirSync(join(folder.path, 'templates'))
    const template = join(folder.path, 'templates', 'mine.eta')
    writeFileSync(template, 'Mine: ${alarm_name}\n')
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    writeFileSync(template, 'Broken <% if (true) { %> ${alarm_name}\n')
    const refused = await receiver.post('/-/reload', '')
    assert.equal(refused.status, 500)
    assert.match(await refused.text(), /mine\.eta/)
    assert.match(await (await receiver.get('/metrics')).text(), /config_last_reload_successful 0/)
    await receiver.post('/alertmanager/ops', payload('db-1'))
    await until('the old one is used', () => dingtalk.shown()[0]?.text.startsWith('Mine: A'))
  })

  test('C06 a template that fails in some scenario is a warning after a start, and refused by a reload', async () => {
    using folder = temporaryFolder()
    const config = `robots: { r: { webhook: sandbox } }\nchannels: { ops: { robots: [r], template: mine } }\n`
    mkdirSync(join(folder.path, 'templates'))
    writeFileSync(join(folder.path, 'templates', 'mine.eta'), 'Mine <%= it.nothing.at.all %>\n')
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    await until('it is delivered', async () => {
      const { warnings } = await receiver.json<{ warnings: string[] }>('/api/v1/status')
      return warnings.some((each) => each.includes('mine.eta:1'))
    })
    const refused = await receiver.post('/-/reload', '')
    assert.equal(refused.status, 500)
    assert.match(await refused.text(), /mine\.eta:1/)
  })

  test('concurrent reloads share one, and each is answered with its result', async () => {
    using folder = temporaryFolder()
    const config = `robots: { r: { webhook: sandbox } }\nchannels: { ops: { robots: [r], title: "\${alarm_name}" } }\n`
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    const loads = () =>
      receiver.output.split('\n').filter((line) => /"config\.loaded"/.test(line)).length
    const before = loads()
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => receiver.post('/-/reload', '')),
    )
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    assert.ok(loads() - before < 20, `${loads() - before} for 40`)
    receiver.configure('robots: { r: { webhok: sandbox } }')
    const refused = await Promise.all([1, 2, 3].map(() => receiver.post('/-/reload', '')))
    for (const reply of refused) assert.match(await reply.text(), /webhok/)
  })

  test('C09 a webhook in a file that is replaced: the old token is no longer used', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const file = join(folder.path, 'webhook')
    writeFileSync(file, `${dingtalk.url('old')}\n`)
    const config = `robots: { r: { webhook: { file: webhook } } }\nchannels: { ops: { robots: [r] } }\n`
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    await receiver.post('/alertmanager/ops', payload('db-1'))
    await dingtalk.arrived(1)
    writeFileSync(file, `${dingtalk.url('new')}\n`)
    await until('it is read', () => receiver.output.split('config.loaded').length > 2)
    await receiver.post('/alertmanager/ops', payload('db-2'))
    await dingtalk.arrived(2)
    assert.deepEqual(
      dingtalk.received.map((each) => each.token),
      ['old', 'new'],
    )
  })
})
