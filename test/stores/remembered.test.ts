import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Remembered } from '../../src/stores/sqlite/remembered.ts'

const firing = (id: number) => ({ firing: id, resolved: 0, repeats: 0 })

describe('what the store remembers', () => {
  test('is found by its key, replaced by what is newer, and told apart by space and text', () => {
    const remembered = new Remembered()
    const keys = Array.from({ length: 20_000 }, (_, id) => remembered.keyOf(id % 3, `text ${id}`))
    assert.equal(new Set(keys).size, keys.length)
    for (const [id, key] of keys.entries()) remembered.set(key, firing(id + 1))
    remembered.set(keys[7] as number, { firing: 8, resolved: 9, repeats: 4 })
    for (const [id, key] of keys.entries())
      assert.deepEqual(
        remembered.get(key),
        id === 7 ? { firing: 8, resolved: 9, repeats: 4 } : firing(id + 1),
      )
    assert.equal(remembered.get(remembered.keyOf(4, 'text 1')), undefined)
  })

  test('is as it was before when a transaction fails, also what changed twice in it', () => {
    const remembered = new Remembered()
    const [known, fresh] = [remembered.keyOf(1, 'known'), remembered.keyOf(1, 'new')]
    remembered.set(known, firing(1))
    remembered.commit()
    remembered.set(known, firing(2))
    remembered.set(known, firing(3))
    remembered.set(fresh, firing(4))
    remembered.rollback()
    assert.deepEqual([remembered.get(known), remembered.get(fresh)], [firing(1), undefined])
    remembered.set(known, firing(5))
    remembered.commit()
    remembered.rollback()
    assert.deepEqual(remembered.get(known), firing(5))
  })

  test('has a bound: of more than it holds the newest are kept', () => {
    const remembered = new Remembered()
    const count = 3_000_000
    const keyOf = (id: number): number => remembered.keyOf(1, id.toString(36))
    for (let id = 1; id <= count; id += 1) {
      remembered.set(keyOf(id), firing(id))
      if (id % 10_000 === 0) remembered.commit()
    }
    let kept = 0
    for (let id = 1; id <= count; id += 1) if (remembered.get(keyOf(id)) !== undefined) kept += 1
    assert.ok(kept < 2_600_000, `${kept} kept`)
    for (let id = count - 500_000; id <= count; id += 1)
      assert.deepEqual(remembered.get(keyOf(id)), firing(id))
    assert.equal(remembered.get(keyOf(1)), undefined)
  })
})
