import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quickFolder } from './folder.ts'
import { FOUND, USUAL } from './found.ts'
import { historyOf } from './generate.ts'
import type { Event, History, Setup } from './history.ts'
import { play } from './play.ts'
import type { Sabotage } from './sabotage.ts'
import { WITHOUT } from './safeguards.ts'

const SEEDS = 60

const SETUP: Setup = {
  limits: { messages: 20, perMs: 60_000, penaltyMs: 600_000 },
  timeoutMs: 5_000,
  shape: 'one',
  honours: true,
  everyMs: 600_000,
  alerts: 12,
  groups: 3,
  peers: 2,
  flushMs: 5_000,
  repeatMs: 180_000,
  wayMs: 50,
}

const historyFrom = (setup: Partial<Setup>, events: Event[], seed = 1): History => ({
  seed,
  setup: { ...SETUP, ...setup },
  events,
})

/** Every alert changes its state once a second. */
const busy = (seconds: number): Event[] =>
  Array.from({ length: seconds }, (_, index) => ({
    at: index * 1_000,
    kind: 'turn',
    alert: index % SETUP.alerts,
  }))

const inOrder = (events: Event[]): Event[] => events.sort((a, b) => a.at - b.at)

describe('under any failure, and a crash at any time', () => {
  test(`in ${SEEDS} histories nothing accepted is lost, nothing is delivered twice or in the wrong order, and no limit is broken`, async () => {
    using folder = quickFolder()
    const sum = { acknowledged: 0, delivered: 0, crashes: 0, duplicated: 0 }
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const count = await play(historyOf(seed), folder.path)
      assert.deepEqual(count.faults, [], `npm run simulate:faults -- --seed ${seed}`)
      sum.acknowledged += count.acknowledged
      sum.delivered += count.delivered
      sum.crashes += count.crashes
    }
    // The histories contain enough events of each kind.
    assert.ok(sum.acknowledged > 20 * SEEDS && sum.delivered > 10 * SEEDS && sum.crashes > SEEDS)
  })

  test('a seed always gives the same history, with the same number of calls', async () => {
    using folder = quickFolder()
    const history = historyOf(7)
    assert.deepEqual(historyOf(7), history)
    assert.deepEqual(await play(history, folder.path), await play(history, folder.path))
  })
})

describe('a bug that a seed found', () => {
  const found = (name: string, history: History): void => {
    test(name, async () => {
      using folder = quickFolder()
      assert.deepEqual((await play(history, folder.path)).faults, [])
    })
  }

  found(
    'a penalty is kept to its end though the refusal took long to come',
    historyFrom(
      {
        limits: { messages: 20, perMs: 2_000, penaltyMs: 2_000 },
        wayMs: 2_400,
      },
      inOrder([...busy(40), { at: 17_000, kind: 'replies', reply: '130101', count: 1 }]),
      8,
    ),
  )
  found(
    'a reload on a full disk stops no robot for good',
    historyFrom({ shape: 'two', honours: true, everyMs: 60_000, alerts: 29 }, [
      { at: 388_324, kind: 'replies', reply: 'silence', count: 2 },
      { at: 388_866, kind: 'turn', alert: 2 },
      { at: 392_575, kind: 'full', forMs: 47_000 },
      { at: 404_406, kind: 'reload', shape: 'pool' },
    ]),
  )
  found(
    'a reload that moves queues repeats nothing in flight, and delivers nothing newer before it',
    historyFrom({ peers: 1, alerts: 26, wayMs: 2_400 }, [
      ...Array.from({ length: 10 }, (_, index): Event[] => [
        { at: 100_000 + index * 20_000, kind: 'turn', alert: 1 + 2 * index },
        { at: 100_500 + index * 20_000, kind: 'reload', shape: index % 2 === 0 ? 'pool' : 'one' },
        { at: 101_000 + index * 20_000, kind: 'turn', alert: 1 + 2 * index },
      ]).flat(),
    ]),
  )
  found(
    'a reload whose move waits for the disk delivers nothing newer before what it moves',
    historyFrom(
      { shape: 'pool', everyMs: 0, alerts: 16, groups: 2, wayMs: 5 },
      [
        { at: 12_173, kind: 'turn', alert: 8 },
        { at: 13_430, kind: 'spell', reply: 'no name', forMs: 71_000 },
        { at: 14_071, kind: 'turn', alert: 8 },
        { at: 60_452, kind: 'turn', alert: 8 },
        { at: 79_204, kind: 'full', forMs: 44_000 },
        { at: 80_938, kind: 'turn', alert: 4 },
        { at: 105_040, kind: 'reload', shape: 'all' },
      ],
      2749,
    ),
  )
  found(
    'a reload that renames a robot sends nothing newer before what it moves',
    historyFrom(
      {
        ...{ limits: { messages: 1, perMs: 60_000, penaltyMs: 60_000 }, timeoutMs: 1_000 },
        ...{ shape: 'two', everyMs: 60_000, by: ['alarm_name'], alerts: 16, groups: 1 },
        ...{ flushMs: 45_000, repeatMs: 60_000 },
      },
      [
        { at: 2_530, kind: 'turn', alert: 11 },
        { at: 3_137, kind: 'turn', alert: 5 },
        { at: 38_902, kind: 'reload', shape: 'one', renamed: true },
        { at: 56_530, kind: 'turn', alert: 7 },
      ],
      131,
    ),
  )
  found(
    'a channel that replicas no longer have leaves nothing in a queue that they work for others',
    historyFrom(
      {
        ...{ limits: { messages: 20, perMs: 60_000, penaltyMs: 60_000 }, timeoutMs: 1_000 },
        ...{ shape: 'two', honours: false, everyMs: 60_000, by: ['alarm_name'], alerts: 7 },
        ...{ groups: 2, repeatMs: 60_000, replicas: 2 },
      },
      [
        { at: 62_373, kind: 'crash', point: 'claimRetry', when: 'before', downMs: 101_821 },
        { at: 62_472, kind: 'roll', overlapMs: 3_000, shape: 'two', renamed: true },
        { at: 113_529, kind: 'replies', reply: '1111 as a page', count: 1 },
        { at: 158_712, kind: 'turn', alert: 2 },
        { at: 166_003, kind: 'turn', alert: 6 },
        { at: 171_091, kind: 'roll', overlapMs: 9_000, shape: 'one', renamed: true },
      ],
      148,
    ),
  )
  found(
    'a robot that was renamed while its message waits is the robot of its group still',
    historyFrom(
      {
        ...{ limits: { messages: 2, perMs: 10_000, penaltyMs: 60_000 }, timeoutMs: 1_000 },
        ...{ shape: 'two', honours: false, everyMs: 60_000, alerts: 16, groups: 1 },
        ...{ flushMs: 15_000, repeatMs: 60_000, wayMs: 5 },
      },
      [
        { at: 17_710, kind: 'reload', shape: 'all' },
        { at: 56_286, kind: 'replies', reply: '130101', count: 1 },
        { at: 58_641, kind: 'turn', alert: 3 },
        { at: 63_409, kind: 'reload', shape: 'all', renamed: true },
      ],
      21,
    ),
  )
  found(
    'a pool does not repeat what one of its robots has sent from its own queue',
    historyFrom(
      {
        ...{ limits: { messages: 5, perMs: 60_000, penaltyMs: 60_000 }, shape: 'pool' },
        ...{ alerts: 17, groups: 1, flushMs: 15_000, repeatMs: 60_000, wayMs: 5 },
      },
      [
        { at: 17_876, kind: 'turn', alert: 5 },
        { at: 18_869, kind: 'turn', alert: 9 },
        { at: 20_240, kind: 'reload', shape: 'all' },
        { at: 21_857, kind: 'turn', alert: 13 },
        { at: 22_393, kind: 'burst', from: 16, count: 11 },
        { at: 25_170, kind: 'spell', reply: 'silence, taken', forMs: 4_000 },
        { at: 75_580, kind: 'turn', alert: 3 },
        { at: 83_914, kind: 'turn', alert: 15 },
        { at: 86_347, kind: 'reload', shape: 'pair', renamed: true },
      ],
      936,
    ),
  )
  found(
    'a group is not shown the message of a removed group beside its own',
    historyFrom(
      {
        ...{ limits: { messages: 1, perMs: 60_000, penaltyMs: 60_000 }, shape: 'two' },
        ...{ alerts: 7, groups: 3, peers: 2, flushMs: 45_000, repeatMs: 60_000, wayMs: 400 },
      },
      [
        { at: 2_947, kind: 'replies', reply: 'no name', count: 1 },
        { at: 27_182, kind: 'turn', alert: 6 },
        { at: 33_092, kind: 'stall', forMs: 37_000 },
        { at: 67_508, kind: 'turn', alert: 0 },
        { at: 69_729, kind: 'full', forMs: 15_000 },
        { at: 82_917, kind: 'replies', reply: '504 taken', count: 3 },
        { at: 83_429, kind: 'stall', forMs: 42_000 },
        { at: 107_103, kind: 'reload', shape: 'all' },
        { at: 109_319, kind: 'turn', alert: 5 },
        { at: 148_793, kind: 'reload', shape: 'pair' },
      ],
      2029,
    ),
  )
  for (const [name, byMs] of [
    ['an hour forward', 3_600_000],
    ['an hour back', -3_600_000],
  ] as const)
    found(
      `a clock that is set ${name} breaks no limit and no penalty, and blocks nothing`,
      historyFrom(
        { limits: { messages: 2, perMs: 60_000, penaltyMs: 600_000 } },
        inOrder([
          ...busy(200),
          { at: 61_000, kind: 'step', byMs },
          { at: 100_000, kind: 'replies', reply: '660026', count: 1 },
          { at: 170_000, kind: 'step', byMs },
        ]),
      ),
    )
  found(
    'a clock that was set back while the process was down blocks nothing for longer than a window',
    historyFrom(
      { limits: { messages: 1, perMs: 60_000, penaltyMs: 60_000 } },
      inOrder([
        ...busy(200),
        { at: 100_000, kind: 'crash', point: 'sleep', when: 'before', downMs: 5_000 },
        { at: 103_000, kind: 'step', byMs: -3_600_000 },
      ]),
    ),
  )
})

describe('without its safeguard', () => {
  for (const [name, { kind, seed, setup, events }] of Object.entries(FOUND))
    test(`${name}: a history fails that passes with it`, async () => {
      using folder = quickFolder()
      const history: History = { seed, setup: { ...USUAL, ...setup }, events }
      const sabotage: Sabotage = WITHOUT[name as keyof typeof WITHOUT]
      assert.deepEqual((await play(history, folder.path)).faults, [])
      const { faults } = await play(history, folder.path, sabotage)
      assert.ok(
        faults.some((fault) => fault.kind === kind),
        JSON.stringify(faults.slice(0, 5)),
      )
    })
})

describe('the checker notices', () => {
  const noticed = (
    name: string,
    {
      kind,
      setup = {},
      events,
      sabotage,
    }: {
      kind: string
      setup?: Partial<Setup>
      events: Event[]
      sabotage: Sabotage['store']
    },
  ): void => {
    test(name, async () => {
      using folder = quickFolder()
      const { faults } = await play(historyFrom(setup, events), folder.path, { store: sabotage })
      assert.ok(
        faults.some((fault) => fault.kind === kind),
        JSON.stringify(faults.slice(0, 5)),
      )
    })
  }

  noticed('a store that says yes and writes nothing', {
    kind: 'lost',
    events: busy(60),
    sabotage: (store) => ({
      ...store,
      accept: (arrival) =>
        arrival.alerts.length === 1
          ? Promise.resolve({ duplicate: false, queues: [], suppressed: [] })
          : store.accept(arrival),
    }),
  })
  noticed('a message that is sent again although it was delivered', {
    kind: 'duplicated',
    setup: { honours: false },
    events: busy(5),
    sabotage: (store) => ({
      ...store,
      settle: (settlement) =>
        store.settle({ ...settlement, next: { kind: 'retry', dueAt: settlement.now } }),
    }),
  })
  noticed('calls that are not counted', {
    kind: 'over the limit',
    setup: { limits: { messages: 2, perMs: 60_000, penaltyMs: 60_000 } },
    events: busy(200),
    sabotage: (store) => ({
      ...store,
      backlog: async (query) => {
        const waiting = await store.backlog(query)
        return { ...waiting, robot: { ...waiting.robot, calls: [] } }
      },
      claim: (claim) => store.claim({ ...claim, call: { ...claim.call, maxCalls: 1_000 } }),
    }),
  })
  noticed('a penalty that is forgotten', {
    kind: 'in a penalty',
    events: [
      ...busy(3),
      { at: 3_000, kind: 'replies', reply: '660026', count: 1 },
      { at: 4_000, kind: 'turn', alert: 9 },
    ],
    sabotage: (store) => ({
      ...store,
      settle: (settlement) =>
        store.settle({
          ...settlement,
          pause: undefined,
          next: { kind: 'retry', dueAt: settlement.now },
        }),
    }),
  })
  noticed('a recovery that overtakes its alert', {
    kind: 'out of order',
    setup: { everyMs: 0 },
    events: inOrder([
      ...busy(200),
      { at: 10_000, kind: 'spell', reply: 'no name', forMs: 100_000 },
    ]),
    sabotage: (store) => ({
      ...store,
      // Sends the newest first, then the older ones.
      backlog: async (query) => {
        const waiting = await store.backlog(query)
        return {
          ...waiting,
          channels: waiting.channels.map((each) => ({
            ...each,
            count: 1,
            alerts: each.alerts.slice(-1),
          })),
        }
      },
    }),
  })
})
