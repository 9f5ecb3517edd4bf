import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { coalesce } from '../../src/decisions/coalesce.ts'
import type { Status } from '../../src/model/alert.ts'

interface Row {
  id: number
  fingerprint: string
  status: Status
  repeats: number
}

/** Rows of one alert in the order of arrival, each with its number of repeats. */
function rowsOf(...each: [status: Status, repeats?: number][]): Row[] {
  return each.map(([status, repeats = 0], id) => ({ id, fingerprint: 'a', status, repeats }))
}

/** The result for one alert if all its rows wait. */
function coalesced(rows: readonly Row[]) {
  const [one, ...others] = coalesce(rows.slice(0, 1), rows)
  assert.ok(one !== undefined && others.length === 0)
  return one
}

const rows = fc
  .array(
    fc.record({
      fingerprint: fc.constantFrom('a', 'b', 'c'),
      status: fc.constantFrom<Status>('firing', 'resolved'),
      repeats: fc.nat(5),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((each) => each.map((row, id) => ({ ...row, id })))

describe('coalescing', () => {
  test('an alert that fired and was resolved while it waited is delivered once, with both', () => {
    const { ids, shown, firedWhileWaiting } = coalesced(rowsOf(['firing'], ['resolved']))
    assert.deepEqual([ids, shown.status, firedWhileWaiting], [[0, 1], 'resolved', true])
  })

  test('a recovery whose firing was already delivered is a recovery only', () => {
    const { shown, firedWhileWaiting } = coalesced(rowsOf(['resolved'], ['resolved']))
    assert.deepEqual([shown.status, firedWhileWaiting], ['resolved', false])
  })

  test('an alert that fires again after its recovery is shown as firing', () => {
    const { shown, firedWhileWaiting } = coalesced(rowsOf(['resolved'], ['firing']))
    assert.deepEqual([shown.status, firedWhileWaiting], ['firing', false])
  })

  test('changes of the status are counted, repeats of the same status are not', () => {
    const changes = (...each: Status[]) =>
      coalesced(rowsOf(...each.map((s) => [s] as [Status]))).changes
    assert.equal(changes('firing'), 0)
    assert.equal(changes('firing', 'firing'), 0)
    assert.equal(changes('resolved', 'firing'), 1)
    assert.equal(changes('firing', 'firing', 'resolved', 'firing'), 2)
  })

  test('each row but the newest counts as a repeat, and so does each suppressed repeat of a row', () => {
    assert.equal(coalesced(rowsOf(['firing'])).repeats, 0)
    assert.equal(coalesced(rowsOf(['firing', 4])).repeats, 4)
    assert.equal(coalesced(rowsOf(['firing', 4], ['firing', 1])).repeats, 6)
  })

  test('only rows of the shown status count as repeats', () => {
    assert.equal(coalesced(rowsOf(['firing', 4], ['firing', 2], ['resolved', 1])).repeats, 1)
    assert.equal(coalesced(rowsOf(['resolved', 3], ['firing', 2], ['resolved', 1])).repeats, 5)
  })

  test('the rows of the chosen alerts, and no others, are taken once each', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b', 'c']), rows, (wanted, waiting) => {
        const chosen = waiting.filter(({ fingerprint }) => wanted.includes(fingerprint))
        const ids = coalesce(chosen, waiting).flatMap((one) => one.ids)
        assert.deepEqual(
          ids.sort((a, b) => a - b),
          chosen.map(({ id }) => id),
        )
      }),
    )
  })

  test('the newest row of an alert is shown, in any order of the rows', () => {
    fc.assert(
      fc.property(
        rows,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (waiting, random) => {
          const shuffled = waiting
            .map((row) => ({ row, at: random.next().value }))
            .sort((a, b) => a.at - b.at)
            .map(({ row }) => row)
          const made = coalesce(waiting, shuffled)
          assert.deepEqual(made, coalesce(waiting, waiting))
          for (const { ids, shown } of made) assert.equal(shown.id, Math.max(...ids))
        },
      ),
    )
  })
})
