import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'
import type { Comparison } from './bcrypt.ts'

/** Entry of the thread that compares passwords with bcrypt hashes; a comparison takes 60 ms at the usual cost of 10. */
parentPort?.on('message', ({ password, hash }: Comparison) =>
  parentPort?.postMessage(compareSync(password, hash)),
)
