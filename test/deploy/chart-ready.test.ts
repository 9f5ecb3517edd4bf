import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Access } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import { serve } from '../http/serving.ts'
import { freePort } from '../support/receiver.ts'
import { needsTools } from '../support/tools.ts'
import { kind, MINIMAL, rendered } from './chart.ts'

const pem = (name: string): string =>
  readFileSync(new URL(`../http/fixtures/${name}`, import.meta.url), 'utf8')

const TLS = {
  cert: pem('server.crt'),
  key: new Secret(pem('server.key')),
  clientCa: pem('ca.crt'),
  expiresAt: new Date('2120-01-01'),
}

/** Exit code of the script of `helm test`, sent to a port of this machine instead of the Service. */
async function tested(port: number, withClientCa = false): Promise<number | null> {
  const scheme = withClientCa ? 'https' : 'http'
  const { config } = MINIMAL as { config: object }
  const tls = withClientCa ? { tls: { cert: 'a', key: 'b', client_ca: 'c' } } : {}
  const [pod] = kind(rendered({ config: { ...config, ...tls } }), 'Pod')
  const [program, ...args] = pod.spec.containers[0].command as [string, ...string[]]
  assert.equal(program, 'node')
  const script = (args[1] as string).replace('alerts-dingtalk-receiver:8060', `127.0.0.1:${port}`)
  assert.ok(script.includes(`${scheme}://127.0.0.1:${port}/-/ready`), script)
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
  return new Promise((resolve) => child.on('exit', resolve))
}

describe('helm test', needsTools(), () => {
  const admin = { token: new Secret('x'), protect: new Set(['health'] as const) }
  for (const [what, access] of [
    ['passes with a receiver that is ready', {}],
    ['passes where health needs a token', { admin }],
    ['passes where a client needs a certificate', { tls: TLS }],
  ] as [string, Partial<Access>][])
    test(what, async () => {
      await using server = await serve({ access })
      assert.equal(await tested(server.port, access.tls !== undefined), 0)
    })

  test('is let in by the network policy, like those that are named', () => {
    const from = [{ ipBlock: { cidr: '10.0.0.0/8' } }]
    const all = rendered({ networkPolicy: { enabled: true, from } })
    const [, own] = kind(all, 'NetworkPolicy')[0].spec.ingress[0].from
    const { labels } = kind(all, 'Pod')[0].metadata
    const wanted = Object.entries(own.podSelector.matchLabels)
    assert.equal(wanted.length, 2)
    for (const [name, value] of wanted) assert.equal(labels[name], value)
  })

  test('fails with a receiver that is not ready, and where nothing listens', async () => {
    await using server = await serve({ deps: { ready: () => false } })
    assert.equal(await tested(server.port), 1)
    assert.equal(await tested(await freePort()), 1)
    assert.equal(await tested(await freePort(), true), 1)
  })
})
