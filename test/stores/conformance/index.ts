import { describe } from 'node:test'
import { acceptCases } from './accept.ts'
import { actionCases } from './actions.ts'
import { backlogCases } from './backlog.ts'
import type { Backend } from './harness.ts'
import { leaseAndRecoveryCases } from './leases-and-recovery.ts'
import { listCases } from './lists.ts'
import { messageCases } from './messages.ts'
import { pruneCases } from './prune.ts'
import { queryCases } from './queries.ts'
import { reassignCases } from './reassign.ts'
import { reopenCases } from './reopen.ts'
import { settleCases } from './settle.ts'
import { silenceCases } from './silences.ts'
import { tallyAndClaimCases } from './tally-and-claim.ts'
import { unshownCases } from './unshown.ts'

/** The behaviour that every store must have. */
export function conformance(backend: Backend): void {
  describe(`the store on ${backend.name}`, () => {
    instantCases(backend)
    acceptCases(backend)
    tallyAndClaimCases(backend)
    unshownCases(backend)
    messageCases(backend)
    actionCases(backend)
    reassignCases(backend)
    queryCases(backend)
    listCases(backend)
    pruneCases(backend)
    silenceCases(backend)
    if (backend.reopens) reopenCases(backend)
  })
}

/** The cases about instants, for a backend whose clock differs. */
export function clockConformance(backend: Backend): void {
  describe(`the store on ${backend.name}`, () => instantCases(backend))
}

function instantCases(backend: Backend): void {
  backlogCases(backend)
  settleCases(backend)
  leaseAndRecoveryCases(backend)
}
