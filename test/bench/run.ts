import { cpus } from 'node:os'
import { ROUNDS, type Row, STEPS } from './steps.ts'

/**
 * `npm run bench [-- --json] [-- --rounds N] [-- --only STEP]`: what the receiver takes, as shares of a bare
 * node:http server that reads and parses the same bodies, measured in turns in the same run.
 */
const only = argument('--only')
const steps = Object.entries(STEPS).filter(([name]) => only === undefined || only === name)
if (steps.length === 0) {
  process.stderr.write(`there is no step ${only}; there is: ${Object.keys(STEPS).join(', ')}\n`)
  process.exit(2)
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node.js ${process.version}, ${process.platform}`
const asJson = process.argv.includes('--json')
const rows: Row[] = []
const say = (text: string): void => {
  if (!asJson) process.stdout.write(text)
}
say(`${machine}; medians of ${ROUNDS} rounds (least to most)\n\n`)
say(`${'measure'.padEnd(62)}${'value'.padEnd(26)}wanted\n`)
for (const [, step] of steps)
  for (const row of await step()) {
    rows.push(row)
    say(`${row.measure.padEnd(62)}${row.value.padEnd(26)}${row.wanted}\n`)
    if (row.note !== undefined) say(`    ${row.note}\n`)
  }
if (asJson) process.stdout.write(`${JSON.stringify({ machine, rounds: ROUNDS, rows })}\n`)
process.exit(0)

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}
