import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Secret } from '../../../src/model/secret.ts'
import { classifyFailure } from '../../../src/notifiers/dingtalk/classify-failure.ts'
import { fixture, pem, retryable, SHORT_MS, TOKEN, tcpServer, webhook } from '../posting.ts'

describe('a request that never arrives', () => {
  test('a refused connection has not reached DingTalk', async () => {
    await using at = await fixture()
    const { origin } = at.standIn
    await at.standIn.close()
    const attempt = await at.send(at.robot(webhook(origin)))
    assert.deepEqual(attempt.outcome, retryable('network', false))
    assert.match(attempt.errmsg ?? '', /ECONNREFUSED/)
  })

  test("an address that does not answer ends with the robot's time at the latest", async () => {
    await using at = await fixture()
    // TEST-NET-1: packets are dropped, or the network reports it as unreachable.
    const robot = at.robot({ ...webhook('http://192.0.2.1'), timeoutMs: SHORT_MS })
    const { outcome } = await at.send(robot)
    assert.equal(outcome.kind, 'retryable')
    assert.equal(outcome.kind === 'retryable' && outcome.reached, false)
  })

  test('a webhook that is not a URL is reported without quoting it', async () => {
    await using at = await fixture()
    const url = new Secret(`dingtalk ${TOKEN}`)
    const attempt = await at.send(at.robot({ target: { kind: 'webhook', url } }))
    assert.deepEqual(attempt.outcome, retryable('network', false))
    assert.match(attempt.errmsg ?? '', /not a URL/)
  })

  const ERRORS: [string, string, string][] = [
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND oapi.dingtalk.com', 'network'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN oapi.dingtalk.com', 'network'],
    ['EHOSTUNREACH', 'connect EHOSTUNREACH', 'network'],
    ['ENETUNREACH', 'connect ENETUNREACH', 'network'],
    ['ETIMEDOUT', 'connect ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error', 'timeout'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in chain', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'altnames', 'tls'],
    ['EPROTO', 'write EPROTO', 'tls'],
    ['UND_ERR_PRX_TLS', 'Secure Proxy Connection failed', 'proxy'],
    ['UND_ERR_PRX_CONN', 'Proxy Connection failed', 'proxy'],
    ['HPE_INVALID_CONSTANT', 'Expected HTTP/', 'unreadable'],
  ]
  for (const [code, message, reason] of ERRORS)
    test(`${code} is classified as ${reason}, bare, as a cause or among several errors`, () => {
      const bare = Object.assign(new Error(message), { code })
      for (const error of [
        bare,
        new TypeError('failed', { cause: bare }),
        new AggregateError([bare, new Error('other')], ''),
        new Error('outer', { cause: new AggregateError([bare]) }),
      ]) {
        const verdict = classifyFailure(error, { reached: false })
        assert.deepEqual(verdict.outcome, retryable(reason, false, reason === 'unreadable'))
        assert.equal(verdict.result, reason)
        assert.ok(verdict.errmsg?.includes(code), verdict.errmsg)
      }
    })

  test('any thrown value becomes an outcome', () => {
    for (const thrown of [undefined, null, 'text', 7, {}, new Error(''), new AggregateError([])])
      assert.equal(classifyFailure(thrown, { reached: true }).result, 'network')
  })
})

describe('TLS', () => {
  test('a certificate that this machine trusts is accepted', async () => {
    const tls = pem('trusted')
    setDefaultCACertificates([...getCACertificates('default'), tls.cert])
    await using at = await fixture({ tls })
    assert.equal((await at.send()).result, 'ok')
    assert.equal((await at.send()).result, 'ok')
    assert.equal(at.standIn.received.at(-1)?.connection, 1)
  })

  test('an unknown certificate is refused before anything is sent', async () => {
    await using at = await fixture({ tls: pem('stranger') })
    const attempt = await at.send()
    assert.deepEqual(attempt.outcome, retryable('tls', false))
    assert.match(attempt.errmsg ?? '', /DEPTH_ZERO_SELF_SIGNED_CERT/)
    assert.equal(at.standIn.received.length, 0)
  })

  test('a certificate for another name is refused before anything is sent', async () => {
    const tls = pem('wrong-name')
    setDefaultCACertificates([...getCACertificates('default'), tls.cert])
    await using at = await fixture({ tls })
    const attempt = await at.send()
    assert.deepEqual(attempt.outcome, retryable('tls', false))
    assert.match(attempt.errmsg ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
    assert.equal(at.standIn.received.length, 0)
  })

  test('to a plain HTTP port fails', async () => {
    await using at = await fixture()
    const attempt = await at.send(at.robot(webhook(`https://127.0.0.1:${at.standIn.port}`)))
    assert.deepEqual(attempt.outcome, retryable('tls', false))
  })

  test("an unfinished handshake ends with the robot's time, and nothing was sent", async () => {
    await using at = await fixture()
    await using silent = await tcpServer(() => {})
    const robot = at.robot({ ...webhook(`https://127.0.0.1:${silent.port}`), timeoutMs: SHORT_MS })
    assert.deepEqual((await at.send(robot)).outcome, retryable('timeout', false))
  })

  test('a connection cut during the handshake has sent nothing', async () => {
    await using at = await fixture()
    await using cutting = await tcpServer((socket) => socket.once('data', () => socket.destroy()))
    const { outcome } = await at.send(at.robot(webhook(`https://127.0.0.1:${cutting.port}`)))
    assert.deepEqual(outcome, retryable('network', false))
  })
})
