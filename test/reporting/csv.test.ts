import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alertsCsv, csvOf, messagesCsv } from '../../src/reporting/csv.ts'
import type { StoredAlert, StoredMessage } from '../../src/stores/queries.ts'

describe('a file for a spreadsheet', () => {
  test('quotes where needed, ends lines as RFC 4180 does, and is marked as UTF-8', () => {
    assert.equal(
      csvOf([['a', 'b,c', 'say "x"', 'two\nlines'], ['磁盘']]),
      '\ufeffa,"b,c","say ""x""","two\nlines"\r\n磁盘\r\n',
    )
  })

  for (const sign of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
    test(`contains no formula: a cell that begins with ${JSON.stringify(sign)} begins with an apostrophe`, () => {
      const [line = ''] = csvOf([[`${sign}HYPERLINK("http://x")`]])
        .slice(1)
        .split('\r\n"')
      assert.match(line, /^"?'/)
      assert.ok(csvOf([[`a${sign}b`]]).includes(`a${sign}b`))
    })

  test('contains the alerts of a list, each with its main columns', () => {
    const alert = {
      ...{ id: '7', channel: 'ops', source: 'alertmanager', fingerprint: 'f', status: 'firing' },
      ...{ level: 2, state: 'sent', reason: undefined, messageIds: ['1', '2'], repeats: 3 },
      receivedAt: new Date('2026-11-24T04:00:00Z'),
      deliveredAt: new Date('2026-11-24T04:00:05Z'),
      ...{ position: 0, payload: 1 },
    } as StoredAlert
    const variables = { alarm_name: '=cmd()', alarm_target: 'host=a,b', alarm_summary: '98%' }
    assert.equal(
      alertsCsv([{ alert, variables }]).split('\r\n')[1],
      `7,2026-11-24T04:00:00.000Z,2026-11-24T04:00:05.000Z,ops,firing,Critical,sent,,'=cmd(),"host=a,b",98%,alertmanager,f,3,1 2`,
    )
  })

  test('contains the messages of a list, with the last result and the reason', () => {
    const message = {
      ...{ id: '9', channel: 'ops', robot: 'r', queue: 'q', uuid: 'u', kind: 'group', bytes: 1 },
      ...{ state: 'dead', title: 'T', text: 'line 1\nline 2', body: '{}', alertCount: 2 },
      createdAt: new Date('2026-11-24T04:00:00Z'),
      ...{ dueAt: undefined, sentAt: undefined, reason: 'token', attemptCount: 1 },
      dismissed: { at: new Date(0), by: 'li' },
      attempts: [{ result: 'token' }],
    } as unknown as StoredMessage
    const csv = messagesCsv([message])
    assert.ok(
      csv.includes(
        '9,2026-11-24T04:00:00.000Z,,ops,r,group,dead,2,T,"line 1\nline 2",token,token,li',
      ),
    )
    const [head = ''] = csv.slice(1).split('\r\n')
    assert.equal(head.split(',').length, 13)
  })
})
