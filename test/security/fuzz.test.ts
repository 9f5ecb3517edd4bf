import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'
import { FUZZED, fuzz } from './fuzzing.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20261124)
const COUNT = 400

test('no input to any route causes more than a refusal', async (t) => {
  t.diagnostic(`seed ${SEED}, ${COUNT} cases; npm run fuzz has more`)
  using folder = temporaryFolder()
  await using receiver = await new Receiver({
    folder: folder.path,
    port: await freePort(),
    config: FUZZED,
  }).start()
  const { statuses, wrong, pings } = await fuzz(receiver.url, {
    seed: SEED,
    count: COUNT,
    pid: receiver.child?.pid,
  })
  assert.deepEqual(wrong, [])
  assert.ok(pings.length > 0)
  // The cases must reach every kind of reply.
  for (const status of [200, 400, 401, 403, 404])
    assert.ok((statuses.get(status) ?? 0) > 5, `${status}: ${statuses.get(status)}`)
  assert.doesNotMatch(receiver.output, /"(?:request|process)\.failed"/)
  assert.equal(await receiver.end(), 0)
})
