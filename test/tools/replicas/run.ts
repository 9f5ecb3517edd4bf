import { parseArgs } from 'node:util'
import { playFaults } from './faults.ts'

/** `npm run replicas -- --faults 60 [--seed N]`: kills and stops replicas at random, and says what came of it. */
const { values } = parseArgs({
  options: { faults: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
})
const verdict = await playFaults({
  faults: Number(values.faults),
  seed: Number(values.seed),
  log: (line) => process.stdout.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(verdict, undefined, 2)}\n`)
const good = [verdict.lost, verdict.doubled, verdict.overLimit].every((each) => each.length === 0)
process.exit(good && verdict.dead === 0 ? 0 : 1)
