import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { proxyInEnvironment, proxyNotes, proxyUrl } from '../../src/config/proxy.ts'
import type { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/receiver.ts'

const DINGTALK = 'https://oapi.dingtalk.com/robot/send?access_token=t'
const P = 'http://proxy:3128'

const proxyFor = (url: string, env: NodeJS.ProcessEnv) => proxyInEnvironment(url, env)?.value

function load(robots: string, env: NodeJS.ProcessEnv) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, `robots: { ${robots} }\nchannels: { c: { robots: [a] } }\n`)
  return loadSettings({ file, env, cwd: folder.path })
}

describe('the proxy of the environment', () => {
  test('is the one for the scheme of the webhook, in either case of its name', () => {
    assert.equal(proxyFor(DINGTALK, { HTTPS_PROXY: P }), P)
    assert.equal(proxyFor(DINGTALK, { https_proxy: P, HTTPS_PROXY: 'http://other:1' }), P)
    assert.equal(proxyFor(DINGTALK, { HTTP_PROXY: P }), undefined)
    assert.equal(proxyFor('http://gateway.example/', { HTTP_PROXY: P }), P)
    assert.equal(proxyFor('http://gateway.example/', { http_proxy: 'proxy:3128' }), P)
    assert.equal(proxyFor('http://gateway.example/', { HTTPS_PROXY: P }), undefined)
    assert.equal(proxyFor(DINGTALK, { HTTPS_PROXY: ' ', https_proxy: '' }), undefined)
    assert.equal(proxyFor(DINGTALK, {}), undefined)
  })

  test('is not used for hosts in NO_PROXY, nor for this machine itself', () => {
    const isDirect = (url: string, noProxy: string): boolean =>
      proxyFor(url, { HTTPS_PROXY: P, NO_PROXY: noProxy }) === undefined
    for (const [url, noProxy, direct] of [
      [DINGTALK, '*', true],
      [DINGTALK, 'oapi.dingtalk.com', true],
      [DINGTALK, 'OAPI.DingTalk.com', true],
      [DINGTALK, 'dingtalk.com', true],
      [DINGTALK, '.dingtalk.com', true],
      [DINGTALK, '*.dingtalk.com', true],
      [DINGTALK, 'a.example, dingtalk.com', true],
      [DINGTALK, 'a.example dingtalk.com', true],
      [DINGTALK, 'dingtalk.com:443', true],
      [DINGTALK, 'dingtalk.com:8443', false],
      [DINGTALK, 'talk.com', false],
      [DINGTALK, '.oapi.dingtalk.com', false],
      [DINGTALK, '*.oapi.dingtalk.com', false],
      [DINGTALK, '', false],
      ['https://10.1.2.3/x', '10.0.0.0/8', true],
      ['https://10.1.2.3/x', '10.1.2.3', true],
      ['https://10.1.2.3:8443/x', '10.1.2.3:8443', true],
      ['https://11.1.2.3/x', '10.0.0.0/8', false],
      ['https://[fd00::1]/x', 'fd00::/8', true],
      ['https://[fd00::1]:8443/x', '[fd00::1]:8443', true],
      ['https://[fd00::1]/x', '[fd00::2]', false],
      ['https://localhost/x', '', true],
      ['https://127.0.0.1/x', '', true],
      ['https://[::1]/x', '', true],
    ] as const)
      assert.equal(isDirect(url, noProxy), direct, `${url} NO_PROXY=${noProxy}`)
  })

  test('is used for a robot without its own proxy; robots with the same proxy share an address', () => {
    const { settings } = load(
      `a: { webhook: "${DINGTALK}a" }, b: { webhook: "${DINGTALK}b", proxy: none }, c: { webhook: "${DINGTALK}c", proxy: "http:proxy:3128" }, d: { webhook: "${DINGTALK}d", proxy: "http://other:1" }, e: { webhook: sandbox }`,
      { HTTPS_PROXY: 'http://user:canary-pass@proxy:3128' },
    )
    const [a, b, c, d, e] = [...settings.robots.values()]
    assert.equal(a?.proxy?.reveal(), 'http://user:canary-pass@proxy:3128')
    assert.deepEqual(
      [b, c, d, e].map((each) => each?.proxy?.reveal()),
      [undefined, P, 'http://other:1', undefined],
    )
    assert.equal(a?.address, c?.address)
    assert.equal(new Set([a, b, d, e].map((each) => each?.address)).size, 4)
    assert.equal(b?.address, 'direct')
    assert.deepEqual(proxyNotes(settings), [
      'a: through the proxy proxy:3128 of HTTPS_PROXY; "proxy: none" switches it off',
    ])
  })

  test('allows an http webhook, as a configured proxy does', () => {
    const robots = `a: { webhook: "http://oapi.dingtalk.com/robot/send?access_token=t" }`
    assert.throws(() => load(robots, {}), /must be https/)
    assert.equal(load(robots, { HTTP_PROXY: P }).settings.robots.get('a')?.proxy?.reveal(), P)
  })

  test('with an unsupported scheme is a fault with the remedy', () => {
    assert.throws(
      () => load(`a: { webhook: "${DINGTALK}" }`, { HTTPS_PROXY: 'socks5://proxy:1080' }),
      (error: AppError) =>
        /robots\.a: HTTPS_PROXY of the environment must be .*proxy: none/.test(
          error.faults[0] ?? '',
        ),
    )
  })
})

test("a proxy is an http address, also in OCP's earlier notation", () => {
  assert.equal(proxyUrl('http:10.0.0.9:3128'), 'http://10.0.0.9:3128')
  assert.equal(proxyUrl('http://10.0.0.9:3128/'), 'http://10.0.0.9:3128')
  assert.equal(proxyUrl('https://u:p@proxy'), 'https://u:p@proxy')
  for (const wrong of ['', 'none', 'proxy:3128', 'socks5://proxy:1', 'ftp:proxy'])
    assert.equal(proxyUrl(wrong), undefined, wrong)
})
