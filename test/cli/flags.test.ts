import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withKnownFlags } from '../../src/cli/flags.ts'

test('flags of prometheus-webhook-dingtalk are translated; other arguments stay unchanged', () => {
  for (const [given, wanted] of [
    ['--config.file=c.yml --web.listen-address=:8060', '--config=c.yml --listen=:8060'],
    ['-config.file=c.yml -web.enable-ui -log.level debug', '--config=c.yml --log-level debug'],
    ['-ding.profile=a=https://x -template.file t', '--ding.profile=a=https://x --template.file t'],
    ['convert a.yml -oweb.yml -o template.yml', 'convert a.yml -oweb.yml -o template.yml'],
    ['--config.file c.yml --log.level debug', '--config c.yml --log-level debug'],
    ['--log.format logfmt', '--log-format logfmt'],
    ['--log.format=logfmt', '--log-format=logfmt'],
    ['--log.format=json', '--log-format=json'],
    ['--web.enable-lifecycle --web.enable-ui', ''],
    ['--web.enable-lifecycle=true --no-web.enable-ui', ''],
    ['check --config a=b.yml', 'check --config a=b.yml'],
    ['serve --config.file=a=b.yml', 'serve --config=a=b.yml'],
    ['render ops --payload --log-format', 'render ops --payload --log-format'],
  ] as const)
    assert.deepEqual(withKnownFlags(given.split(' ')).join(' '), wanted, given)
})
