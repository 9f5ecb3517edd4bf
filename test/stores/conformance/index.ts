import { describe } from 'node:test'
import { acceptCases } from './accept.ts'
import { backlogCases } from './backlog.ts'
import type { Backend } from './harness.ts'
import { leaseAndRecoveryCases } from './leases-and-recovery.ts'
import { messageCases } from './messages.ts'
import { pruneCases } from './prune.ts'
import { queryCases } from './queries.ts'
import { reassignCases } from './reassign.ts'
import { reopenCases } from './reopen.ts'
import { settleCases } from './settle.ts'
import { tallyAndClaimCases } from './tally-and-claim.ts'

/** What every store does alike. */
export function conformance(backend: Backend): void {
  describe(`the store on ${backend.name}`, () => {
    acceptCases(backend)
    backlogCases(backend)
    tallyAndClaimCases(backend)
    settleCases(backend)
    leaseAndRecoveryCases(backend)
    messageCases(backend)
    reassignCases(backend)
    queryCases(backend)
    pruneCases(backend)
    if (backend.reopens) reopenCases(backend)
  })
}
