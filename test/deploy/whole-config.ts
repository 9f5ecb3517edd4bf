import type { Config } from '../../src/config/schema.ts'
import { settingsFrom } from '../../src/config/settings.ts'
import { validate } from '../../src/config/validate.ts'
import { validate as fits } from '../../src/config/validator.ts'
import { parseConfig } from '../../src/config/yaml-document.ts'
import type { Settings } from '../../src/model/settings.ts'

/**
 * Loads a configuration as the receiver does, with a value for every secret that it names.
 */
export function wholeConfig(text: string): { faults: string[]; store: string; settings: Settings } {
  const faults: string[] = []
  const { document, faults: unreadable } = parseConfig(withSecrets(text), 'the configuration')
  if (document === undefined) return { faults: unreadable, store: '', settings: {} as Settings }
  const valid = validate(document, fits)
  faults.push(...unreadable, ...valid.faults)
  if (faults.length > 0) return { faults, store: '', settings: {} as Settings }
  const settings = settingsFrom(valid.config as Config, {
    folder: '/etc/dingtalk-receiver',
    env: new Proxy({}, { get: (_target, name) => secretOf(String(name)) }),
    placeOf: (path) => path.join('.'),
    fault: (path, what) => {
      // Certificates are read at once, but exist only on the target machine.
      const isElsewhere = path[0] === 'tls' && what.includes('ENOENT')
      if (!isElsewhere && !what.includes('not supported yet'))
        faults.push(`${path.join('.')}: ${what}`)
    },
    warn: () => undefined,
    secretFiles: [],
  })
  return { faults, store: settings.store.reveal(), settings }
}

/** Replaces secrets in files, which exist only on the target machine, by environment variables. */
function withSecrets(text: string): string {
  return text.replace(/\{ *file: *([^ }]+) *\}|\bfile: *(\S+)$/gm, (_all, flow, block) =>
    flow === undefined ? `env: "${block}"` : `{ env: "${flow}" }`,
  )
}

function secretOf(name: string): string {
  if (/webhook/i.test(name))
    return 'https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef'
  if (/proxy/i.test(name)) return 'http://proxy.example.com:3128'
  if (/store/i.test(name)) return 'postgres://receiver:password@postgres.example.com:5432/receiver'
  return 'SEC0123456789abcdef0123456789abcdef'
}
