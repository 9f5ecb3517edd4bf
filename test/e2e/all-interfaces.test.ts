import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { needs } from '../support/program.ts'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'

const firing = (instance: string) => ({
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'HighLoad', severity: 'critical', instance },
      startsAt: '2026-11-24T03:00:00Z',
    },
  ],
})

const CONFIGURED = 'robots: { lab: { webhook: sandbox } }\nchannels: { ops: { robots: [lab] } }\n'

describe('the receiver, end to end', () => {
  test('delivers an alert to the sandbox group without any configuration', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
    }).start()
    const reply = await receiver.post('/alertmanager/ops', firing('db-1'))
    assert.equal(await reply.text(), '{"errcode":0,"errmsg":"ok"}')
    const shown = await until('it is shown', async () => {
      const { messages } = await receiver.json<{ messages: { title: string }[] }>('/api/v1/sandbox')
      return messages.length > 0 && messages
    })
    assert.equal(shown[0]?.title, '🔴 Critical HighLoad · db-1')
    assert.match(await (await receiver.get('/')).text(), /HighLoad/)
    assert.match(receiver.output, /server\.listening/)
    // Any name leads to the one channel there is.
    assert.equal((await receiver.post('/alertmanager/any-name', firing('db-2'))).status, 200)
    const store = join(folder.path, 'data', 'receiver.db')
    assert.equal(statSync(store).mode & 0o777, 0o600)
    assert.equal(await receiver.end('SIGTERM'), 0)
  })

  test('answers bad input with the reason, and stays up', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: CONFIGURED,
    }).start()
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    for (const [path, body, status, words] of [
      ['/alertmanager/ops', '{', 400, /not JSON/],
      ['/alertmanager/ops', '', 400, /empty/],
      ['/alertmanager/ops', '{"alarm_name":"x"}', 400, /ocp/],
      ['/alertmanager/ops', deep, 400, /deeper/],
      ['/alertmanager/nowhere', '{"alerts":[]}', 404, /ops/],
      ['/alertmanager/auto', '{"alerts":[]}', 404, /no routes/],
      ['/ocp/ops', '  ', 400, /empty/],
      ['/alertmanager/ops', '{"alerts":[]}', 200, /ok/],
      ['/alertmanager/ops', '{"version":"9","alerts":[1,{"labels":{"a":"b"}}],"x":{}}', 200, /ok/],
    ] as const) {
      const reply = await receiver.post(path, body)
      const text = await reply.text()
      assert.equal(reply.status, status, `${path} ${body.slice(0, 40)}: ${text}`)
      assert.match(text, words)
    }
    assert.equal((await receiver.get('/-/healthy')).status, 200)
    const { alerts } = await receiver.json<{ alerts: { variables: { alarm_name?: string } }[] }>(
      '/api/v1/alerts',
    )
    assert.equal(alerts.length, 2)
    assert.ok(alerts.some((each) => each.variables.alarm_name === 'Malformed alert'))
  })

  test('applies a changed file, keeps the old one instead of a faulty one, and loses no alert', async () => {
    using folder = temporaryFolder()
    const config = (channel: string) =>
      `robots: { lab: { webhook: sandbox } }\nchannels: { ${channel}: { robots: [lab] } }\n`
    const receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: config('one'),
    })
    await using _ = await receiver.start()
    receiver.configure(config('two'))
    await until(
      'the file is in force',
      async () => (await receiver.post('/alertmanager/two', firing('a'))).status === 200,
    )
    assert.equal((await receiver.post('/alertmanager/one', firing('a'))).status, 404)
    receiver.configure('robots: { lab: { webhok: sandbox } }')
    const refused = await receiver.post('/-/reload', '')
    assert.equal(refused.status, 500)
    assert.match(
      await refused.text(),
      /dingtalk-receiver\.yml:1:\d+: robots\.lab\.webhok.*did you mean/,
    )
    assert.equal((await receiver.post('/alertmanager/two', firing('b'))).status, 200)
    assert.match(await (await receiver.get('/metrics')).text(), /config_last_reload_successful 0/)
    receiver.configure(config('two'))
    receiver.child?.kill('SIGHUP')
    await until('the mended file is in force', async () =>
      /config_last_reload_successful 1/.test(await (await receiver.get('/metrics')).text()),
    )
  })

  test("survives the exit of its log's reader, without a busy loop", async () => {
    using folder = temporaryFolder()
    const receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: CONFIGURED,
    })
    await using _ = await receiver.start()
    receiver.child?.stdout?.destroy()
    receiver.child?.stderr?.destroy()
    // Each of these writes a line to the log, which has no reader.
    for (let index = 0; index < 5; index += 1)
      assert.equal((await receiver.post('/alertmanager/nowhere', firing('a'))).status, 404)
    assert.equal((await receiver.post('/alertmanager/ops', firing('a'))).status, 200)
    assert.equal(await receiver.end(), 0)
  })

  test('a second process on the same store ends with the reason', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
    }).start()
    const second = await runCommand(['serve', '--listen', `127.0.0.1:${await freePort()}`], {
      cwd: folder.path,
    })
    assert.equal(second.code, 1)
    assert.match(second.stderr, /another receiver holds it/)
    assert.doesNotMatch(second.stderr, /\n\s+at /)
    assert.equal((await receiver.get('/-/ready')).status, 200)
  })

  test('tokens and secrets appear in no output', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ unknown: ['CANARYtoken'] })
    const config = `robots: { ops-1: { webhook: "${dingtalk.url('CANARYtoken')}", secret: SECcanarycanarycanarycanary } }
channels: { ops: { robots: [ops-1] } }
`
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config,
      args: ['--log-level', 'debug'],
    }).start()
    await receiver.post('/alertmanager/ops', firing('db-1'))
    await until('the message is dead', async () => {
      const { messages } = await receiver.json<{ messages: { state: string; reason: string }[] }>(
        '/api/v1/messages',
      )
      return messages[0]?.state === 'dead' && /access token/.test(messages[0].reason)
    })
    const pages = [
      '/',
      '/metrics',
      '/api/v1/status',
      '/api/v1/messages/1',
      '/messages/1',
      '/api/v1/alerts',
    ]
    const texts = await Promise.all(pages.map(async (path) => (await receiver.get(path)).text()))
    for (const text of [...texts, receiver.output]) assert.doesNotMatch(text, /canary/i)
  })

  test(
    'promtool finds nothing to say about the metrics',
    needs('promtool', 'prometheus'),
    async () => {
      using folder = temporaryFolder()
      await using receiver = await new Receiver({
        folder: folder.path,
        port: await freePort(),
      }).start()
      await receiver.post('/alertmanager/ops', firing('db-1'))
      const text = await (await receiver.get('/metrics')).text()
      const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
      })
      assert.equal(`${stdout}${stderr}`, '')
      for (const name of [
        'requests_total',
        'alerts_received_total',
        'messages_total',
        'sends_total',
        'robot_calls_left',
        'quota_used',
        'delivery_latency_seconds_count',
        'build_info',
      ])
        assert.match(text, new RegExp(`^dingtalk_receiver_${name}\\{`, 'm'))
    },
  )
})

describe('the command', () => {
  test('prints help, and ends with 2 on wrong usage', async () => {
    const help = await runCommand(['--help'])
    assert.equal(help.code, 0)
    for (const word of ['serve', 'check', 'test', 'render'])
      assert.match(help.stdout, new RegExp(`^  ${word} `, 'm'))
    assert.match(
      (await runCommand(['--version'])).stdout,
      /^dingtalk-receiver \d+\.\d+\.\d+ \(.*Node\.js v?\d+.*\n$/,
    )
    for (const wrong of [
      ['--nope'],
      ['nope', 'x'],
      ['test'],
      ['serve', '--log-level', 'loud'],
      ['simulate', '--alerts', 'x'],
      ['--listen', 'foo'],
    ]) {
      const ran = await runCommand(wrong)
      assert.equal(ran.code, 2, wrong.join(' '))
      assert.doesNotMatch(ran.stderr, /\n\s+at /)
    }
  })

  test('check prints each fault with its place and ends with 1', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.yml')
    writeFileSync(
      file,
      'robots:\n  ops-1: { webhook: sandbox, timeut: 5s }\nchannels:\n  ops: { robots: [ops-2], template: "${alarm_nam}" }\nauth: []\n',
    )
    const ran = await runCommand(['check', '--config', file])
    assert.equal(ran.code, 1)
    assert.match(
      ran.stdout,
      /x\.yml:2:\d+: robots\.ops-1\.timeut: unknown key \(did you mean "timeout"\?\)/,
    )
    assert.match(ran.stdout, /x\.yml:5:7: auth: is an empty list/)
    writeFileSync(
      file,
      'robots:\n  ops-1: { webhook: sandbox }\nchannels:\n  ops: { robots: [ops-2] }\n',
    )
    assert.match(
      (await runCommand(['check', '--config', file])).stdout,
      /x\.yml:4:19: channels\.ops\.robots\.0: unknown robot "ops-2" \(did you mean "ops-1"\?\)/,
    )
    writeFileSync(
      file,
      'robots:\n  ops-1: { webhook: sandbox }\nchannels:\n  ops: { robots: [ops-1] }\n',
    )
    assert.equal((await runCommand(['check', '--config', file])).code, 0)
    assert.ok(!existsSync(join(folder.path, 'data')))
  })

  test('test prints the verdict, and ends with 0 only if accepted', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ unknown: ['gone'] })
    const file = join(folder.path, 'x.yml')
    writeFileSync(
      file,
      `listen: 127.0.0.1:${await freePort()}\nrobots:\n  good: { webhook: "${dingtalk.url('t')}" }\n  bad: { webhook: "${dingtalk.url('gone')}" }\nchannels:\n  ops: { robots: [good] }\n`,
    )
    const good = await runCommand(['test', 'ops', '--config', file])
    assert.deepEqual([good.code, dingtalk.shown().length], [0, 1])
    const bad = await runCommand(['test', 'bad', '--config', file])
    assert.equal(bad.code, 1)
    assert.match(bad.stdout, /bad: not accepted \(errcode 300005\)\. .*access token/)
    assert.equal((await runCommand(['test', 'nobody', '--config', file])).code, 1)
  })

  test('a slow reader gets the whole output', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'payload.json')
    const alerts = Array.from({ length: 400 }, (_, index) => ({
      status: 'firing',
      labels: { alertname: 'Many', instance: `db-${index}` },
      annotations: { description: 'x'.repeat(3_000) },
    }))
    writeFileSync(file, JSON.stringify({ alerts }))
    const command = `"${process.execPath}" src/main.ts render ops --payload "${file}" --format json | (sleep 1; tail -n 1)`
    const ran = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
    assert.equal(typeof JSON.parse(ran.stdout).msgtype, 'string')
  })

  test('render prints the messages of a payload', async () => {
    const json = await runCommand(['render', 'ops', '--payload', '-', '--format', 'json'], {
      input: JSON.stringify(firing('db-1')),
    })
    assert.equal(json.code, 0, json.stderr)
    assert.equal(JSON.parse(json.stdout).markdown.title, '🔴 Critical HighLoad · db-1')
    const text = await runCommand(['render', 'ops', '--payload', '-'], {
      input: '{"alarm_name":"N","alarm_level":"停服"}',
    })
    assert.match(text.stdout, /### OCP alert notification N\n\n- Level: Down/)
  })
})
