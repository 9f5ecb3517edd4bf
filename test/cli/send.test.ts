import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { alertIn } from '../../src/cli/send.ts'
import { ocp } from '../../src/sources/ocp/index.ts'
import { firing, OCP_SAMPLES, recovered } from '../support/ocp-samples.ts'
import { runCommand } from '../support/receiver.ts'
import { behavesAsScript, startListener } from '../support/script-channel.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const SENDER = { name: 'cli', command: process.execPath, args: [MAIN, 'send'], runs: 6 }

describe('send', () => {
  behavesAsScript(SENDER)

  test('makes the same alert from every sample of OCP variables', async () => {
    const context = { receivedAt: new Date(), timezone: 'Asia/Shanghai' }
    const environments = OCP_SAMPLES.flatMap((each, way) => [firing(each), recovered(each, way)])
    for (const variables of environments) {
      const sent = alertIn({ PATH: '/bin', npm_package_name: 'x', ...variables }) ?? ''
      const [alert] = (await ocp.read(sent, context)).alerts
      const [wanted] = (await ocp.read(JSON.stringify(variables), context)).alerts
      assert.deepEqual({ ...alert?.variables }, { ...wanted?.variables })
      assert.equal(alert?.fingerprint, wanted?.fingerprint)
    }
    assert.equal(alertIn({ PATH: '/bin', service: 'cron' }), undefined)
  })

  test('takes the address from --url before the environment', async () => {
    using listener = await startListener(() => ({ status: 200, body: '{"errcode":0}' }))
    const ran = await runCommand(['send', 'ops', '--url', listener.url], {
      env: { DINGTALK_RECEIVER_URL: 'http://127.0.0.1:1', alarm_name: 'a' },
    })
    assert.deepEqual(ran, { code: 0, stdout: '{"errcode":0}', stderr: '' })
    assert.equal(listener.posted[0]?.path, '/ocp/ops')
  })

  test('exits with a usage error without a channel', async () => {
    const { code, stdout } = await runCommand(['send'])
    assert.deepEqual([code, stdout], [2, ''])
  })
})
