import { needsPostgres, Postgres } from '../../support/postgres.ts'
import { type Build, configOf, inTurns, type Row, type Running, startBuild } from './builds.ts'
import { CONNECTIONS, load } from './load.ts'

const SECONDS = 4
const WARM_UP_SECONDS = 5

/** Durable accepts on SQLite and on PostgreSQL, and on PostgreSQL through two replicas at once. */
export async function bothStores(builds: readonly Build[]): Promise<Row[]> {
  const { skip } = needsPostgres()
  if (skip !== undefined)
    return [row('durable accepts, PostgreSQL', { values: builds.map(() => []), note: skip })]
  await using open = new AsyncDisposableStack()
  const all: { store: string; replicas: Running[]; build: Build }[] = []
  for (const build of builds) {
    // Each build needs its own database, since its schema may differ.
    const postgres = open.use(await Postgres.start())
    const shared = configOf('sandbox', postgres.url)
    const sqlite = open.use(await startBuild(build))
    const one = open.use(await startBuild(build, { config: shared }))
    const two = open.use(await startBuild(build, { config: shared }))
    all.push({ store: 'SQLite', replicas: [sqlite], build })
    all.push({ store: 'PostgreSQL', replicas: [one], build })
    all.push({ store: 'PostgreSQL, 2 replicas', replicas: [one, two], build })
  }
  const rows: Row[] = []
  for (const alerts of [5, 100]) {
    for (const { replicas } of all) await together(replicas, { alerts, seconds: WARM_UP_SECONDS })
    const values = await inTurns(all, ({ replicas }) =>
      together(replicas, { alerts, seconds: SECONDS }),
    )
    for (const store of new Set(all.map((each) => each.store)))
      rows.push(
        row(`durable accepts of ${alerts} alerts, ${store}`, {
          values: values.filter((_, index) => all[index]?.store === store),
        }),
      )
  }
  return rows
}

function row(measure: string, rest: Pick<Row, 'values' | 'note'>): Row {
  return { measure, wanted: '', show: (value) => `${value.toFixed(0)}/s`, ...rest }
}

/** Requests a second of all replicas, with the same total number of connections. */
async function together(
  replicas: readonly Running[],
  options: { alerts: number; seconds: number },
): Promise<number> {
  const connections = CONNECTIONS / replicas.length
  const all = await Promise.all(replicas.map(({ url }) => load(url, { ...options, connections })))
  return all.reduce((sum, each) => sum + each.perSecond, 0)
}
