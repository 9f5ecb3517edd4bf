import { parseArgs } from 'node:util'
import type { Count } from '../simulation/checker.ts'
import { quickFolder } from '../simulation/folder.ts'
import { historyOf } from '../simulation/generate.ts'
import { describe, type History } from '../simulation/history.ts'
import { play } from '../simulation/play.ts'
import { shrink } from '../simulation/shrink.ts'

/** Plays many seeds, or one, and prints the totals; of the first failure, the shortest history that still fails. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
})
const first = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.seeds) : 1
using quick = quickFolder()
const folder = quick.path
const began = Date.now()

const sum: Record<string, number> = {}
const failing: { history: History; count: Count }[] = []
for (let seed = first; seed < first + count; seed += 1) {
  const history = historyOf(seed)
  const counted = await play(history, folder)
  for (const [name, value] of Object.entries(counted))
    if (typeof value === 'number') sum[name] = (sum[name] ?? 0) + value
  if (counted.faults.length > 0) failing.push({ history, count: counted })
}
const seconds = (Date.now() - began) / 1000
process.stdout.write(`${count} seeds from ${first} in ${seconds.toFixed(1)} s\n\n`)
for (const [name, value] of Object.entries(sum))
  process.stdout.write(`${name.padEnd(14)}${String(value).padStart(9)}\n`)
process.stdout.write(`${'failing'.padEnd(14)}${String(failing.length).padStart(9)}\n`)
for (const { history, count: counted } of failing.slice(0, 20)) {
  const [fault] = counted.faults
  process.stdout.write(`seed ${history.seed}: ${fault?.kind}: ${fault?.words}\n`)
}

const [worst] = failing
if (worst !== undefined) {
  const kind = worst.count.faults[0]?.kind
  const fails = async (each: History): Promise<boolean> =>
    (await play(each, folder)).faults.some((fault) => fault.kind === kind)
  const shortest = await shrink(worst.history, fails)
  const { faults } = await play(shortest, folder)
  const start = Date.UTC(2026, 10, 24, 4)
  process.stdout.write(`
The shortest history of seed ${worst.history.seed} that still fails:
  ${JSON.stringify(shortest.setup)}
${shortest.events.map((event) => `  ${describe(event)}`).join('\n')}
${faults.map(({ at, kind: what, words }) => `  → ${at === 0 ? 'at the end' : `${(at - start) / 1000} s`}: ${what}: ${words}`).join('\n')}

Again: npm run simulate:faults -- --seed ${worst.history.seed}
`)
  process.exitCode = 1
}
