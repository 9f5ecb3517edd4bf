import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Settings } from '../model/settings.ts'

/**
 * Writes the receiver's address beside its store file, because `--listen` may override the configuration. Only commands
 * on this machine read it, so a failed write is ignored.
 */
export function noteAddress({ store }: Pick<Settings, 'store'>, url: string): void {
  const path = fileFor(store)
  if (path !== undefined) attempt(() => writeFileSync(path, `${url}\n`, { mode: 0o600 }))
}

/** Removes the file that `noteAddress` wrote. */
export function forgetAddress({ store }: Pick<Settings, 'store'>): void {
  const path = fileFor(store)
  if (path !== undefined) attempt(() => rmSync(path, { force: true }))
}

/**
 * Addresses where the receiver with these settings may listen: the one in its address file, then the configured one.
 */
export function addressesOf({
  store,
  listen,
}: Pick<Settings, 'store' | 'listen'>): Settings['listen'][] {
  const path = fileFor(store)
  const text = path === undefined ? undefined : attempt(() => readFileSync(path, 'utf8').trim())
  const { host } = listen
  const here = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  const configured = { host: here, port: listen.port }
  if (text === undefined || !URL.canParse(text)) return [configured]
  const { hostname, port } = new URL(text)
  return [{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }, configured]
}

function fileFor(store: Settings['store']): string | undefined {
  const [, path] = /^sqlite:(.+)$/s.exec(store.reveal()) ?? []
  return path === undefined || path === ':memory:' ? undefined : `${path}.address`
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
