import { FUZZED, fuzz, worstOf } from '../security/fuzzing.ts'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'

/** `npm run fuzz [-- --count N] [--seed N]`: sends hostile input to every route; exits with 1 on a finding. */
const count = Number(argument('--count') ?? 10_000)
const seed = Number(argument('--seed') ?? Math.floor(Math.random() * 2 ** 31))
const HEALTHY_WITHIN_MS = 100

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}

using folder = temporaryFolder()
await using receiver = await new Receiver({
  folder: folder.path,
  port: await freePort(),
  config: FUZZED,
}).start()
const print = (line: string): void => void process.stdout.write(`${line}\n`)
print(`seed ${seed}, ${count} cases`)
const began = Date.now()
const { pid } = receiver.child ?? {}
const { statuses, wrong, pings } = await fuzz(receiver.url, { seed, count, pid })
print(`${((Date.now() - began) / 1000).toFixed(1)} s`)
for (const [status, times] of [...statuses].sort(([a], [b]) => a - b))
  print(`${status === 0 ? 'no reply' : status}: ${times}`)
const slow = pings.filter(({ ownMs }) => ownMs > HEALTHY_WITHIN_MS).length
const worst = (of: readonly number[]): string => worstOf(of).toFixed(0)
print(
  `/-/healthy: ${pings.length} times, worst ${worst(pings.map(({ ms }) => ms))} ms, ${worst(pings.map(({ ownMs }) => ownMs))} ms without the waits for a processor; over ${HEALTHY_WITHIN_MS} ms of its own: ${slow} times`,
)
for (const each of wrong) print(`case ${each.index}: ${each.status} ${each.what}`)
const failed = receiver.output
  .split('\n')
  .filter((line) => /"(?:request|process)\.failed"/.test(line))
for (const line of failed.slice(0, 20)) print(line)
const code = await receiver.end()
if (code !== 0) print(`the receiver ended with ${code}`)
process.exitCode = wrong.length + failed.length + slow > 0 || code !== 0 ? 1 : 0
