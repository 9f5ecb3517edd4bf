import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSilentOnRecovery } from '../../../src/cli/silent-recoveries.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { type Conversion, convertWebhookDingtalk } from '../../../src/config/moving-over/convert.ts'
import type { TemplateFile } from '../../../src/config/moving-over/messages.ts'
import { readWebhookDingtalk } from '../../../src/config/moving-over/webhook-dingtalk.ts'
import { AppError } from '../../../src/errors.ts'
import type { Settings } from '../../../src/model/settings.ts'
import { createDingtalk } from '../../../src/notifiers/dingtalk/index.ts'
import { createRenderer } from '../../../src/rendering/renderer.ts'
import type { Trial } from '../../../src/rendering/types.ts'
import { type Previewed, preview } from '../../../src/reporting/preview.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'
import { sources } from '../../../src/sources/index.ts'
import { temporaryFolder } from '../../support/receiver.ts'

const NOW = new Date('2026-11-24T04:30:00Z')

export interface Converted extends Conversion {
  settings: Settings
  check: Trial
  messages: (channel: string, payload: string) => Promise<Previewed[]>
}

/**
 * Converts a configuration, then loads, checks and renders the result, as `convert -o`, `check` and `render` do. `changed`
 * replaces its templates.
 */
export async function converted(
  config: string,
  templates: readonly TemplateFile[] = [],
  missing: readonly string[] = [],
  changed?: ReadonlyMap<string, string>,
): Promise<Converted> {
  using folder = temporaryFolder()
  const read = readWebhookDingtalk(config, 'config.yml')
  if (read.config === undefined) throw new AppError('bad_configuration', read.faults.join('\n'))
  const conversion = convertWebhookDingtalk(read.config, {
    file: 'config.yml',
    templates,
    missing,
    isSilentOnRecovery,
  })
  const file = join(folder.path, 'dingtalk-receiver.yml')
  writeFileSync(file, conversion.yaml)
  mkdirSync(join(folder.path, 'templates'))
  for (const [name, text] of changed ?? conversion.templates)
    writeFileSync(join(folder.path, 'templates', name), text)
  const { settings } = loadSettings({ file, env: {}, cwd: folder.path })
  const renderer = createRenderer(settings, settings.channels.values())
  const check = await renderer.check()
  const notifier = createDingtalk({
    clock: new VirtualClock(NOW),
    sandbox: () => ({ status: 200, body: '' }),
  })
  const messages = (channel: string, payload: string) =>
    preview(
      { channel, payload, now: NOW },
      { settings, sources, notifier, rendererFor: () => renderer },
    )
  return { ...conversion, settings, check, messages }
}
