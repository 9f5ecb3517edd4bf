import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'
import type { Comparison } from './bcrypt.ts'

/** Entry of the thread that compares passwords with bcrypt hashes. */
parentPort?.on('message', ({ password, hash }: Comparison) =>
  parentPort?.postMessage(compareSync(password, hash)),
)
