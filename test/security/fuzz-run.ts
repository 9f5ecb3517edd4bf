import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'
import { FUZZED, fuzz, worstOf } from './fuzzing.ts'

/** `npm run fuzz [-- --count N] [--seed N]`: every route against hostile input; ends with 1 when something was found. */
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
const { statuses, wrong, healthMs, lateMs } = await fuzz(receiver.url, { seed, count })
print(`${((Date.now() - began) / 1000).toFixed(1)} s`)
for (const [status, times] of [...statuses].sort(([a], [b]) => a - b))
  print(`${status === 0 ? 'no reply' : status}: ${times}`)
const slow = healthMs.filter((each) => each > HEALTHY_WITHIN_MS + lateMs).length
print(
  `/-/healthy: ${healthMs.length} times, worst ${worstOf(healthMs).toFixed(0)} ms; the clock of this process was late by ${lateMs.toFixed(0)} ms at worst, which is the machine's part; beyond that and ${HEALTHY_WITHIN_MS} ms: ${slow} times`,
)
for (const each of wrong) print(`case ${each.index}: ${each.status} ${each.what}`)
const failed = receiver.output
  .split('\n')
  .filter((line) => /"(?:request|process)\.failed"/.test(line))
for (const line of failed.slice(0, 20)) print(line)
const code = await receiver.end()
if (code !== 0) print(`the receiver ended with ${code}`)
process.exitCode = wrong.length + failed.length + slow > 0 || code !== 0 ? 1 : 0
