import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argument, type Build, COLUMN, ROUNDS, type Row, shown } from './builds.ts'
import { CONNECTIONS, GENERATOR } from './load.ts'
import { STEPS } from './steps.ts'

/**
 * `npm run bench [-- --json] [-- --rounds N] [-- --only STEP] [-- --against FOLDER]`: the accept rate relative to
 * a bare node:http server that reads and parses the same bodies, measured in turns in the same run; with `--against`
 * each step also runs on the build of another checkout, in turns.
 */
const only = argument('--only')
const steps = Object.entries(STEPS).filter(([name]) => only === undefined || only === name)
if (steps.length === 0) {
  process.stderr.write(`unknown step ${only}; available: ${Object.keys(STEPS).join(', ')}\n`)
  process.exit(2)
}
const builds: Build[] = [
  { name: 'this build', folder: fileURLToPath(new URL('../../../', import.meta.url)) },
]
const against = argument('--against')
if (against !== undefined) builds.push(otherBuild(resolve(against)))

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node.js ${process.version}, ${process.platform}`
const asJson = process.argv.includes('--json')
const rows: Row[] = []
const say = (text: string): void => {
  if (!asJson) process.stdout.write(text)
}
say(`${machine}; load by ${GENERATOR}, ${CONNECTIONS} connections\n`)
say(`medians of ${ROUNDS} rounds (least to most)\n\n`)
const heads = builds.map(({ name }) => name.padEnd(COLUMN)).join('')
say(`${'measure'.padEnd(62)}${heads}${against === undefined ? '' : 'ratio'.padEnd(COLUMN)}wanted\n`)
for (const [, step] of steps)
  for (const row of await step(builds)) {
    rows.push(row)
    say(`${row.measure.padEnd(62)}${shown(row).padEnd(COLUMN)}${row.wanted}\n`)
    if (row.note !== undefined) say(`    ${row.note}\n`)
  }
if (asJson)
  process.stdout.write(
    `${JSON.stringify({ machine, generator: GENERATOR, rounds: ROUNDS, builds, rows })}\n`,
  )
process.exit(0)

/** Another checkout, built by its own means. */
function otherBuild(folder: string): Build {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`${folder} cannot be built`)
  return { name: 'against', folder }
}
