import { readFileSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import type { SecretConfig } from './secret-schema.ts'
import type { Path, SettingsContext } from './settings-context.ts'

/** Returns the text of a secret; reports a fault and returns '' if it is missing or empty. */
export function secretOf(value: SecretConfig, path: Path, context: SettingsContext): string {
  if (typeof value === 'string') return value
  if ('env' in value) {
    const found = context.env[value.env as string]
    if (found === undefined || found === '')
      context.fault([...path, 'env'], `the environment variable ${String(value.env)} is not set`)
    return found ?? ''
  }
  const place = [...path, 'file']
  const { file, text } = textOf(value.file as string, place, context)
  const secret = text?.replace(/\r?\n$/, '')
  if (secret === '') context.fault(place, `${file} is empty`)
  return secret ?? ''
}

/** Reads a file that is watched from then on; reports a fault and returns no text if it cannot be read. */
export function textOf(
  name: string,
  path: Path,
  { folder, fault, secretFiles }: SettingsContext,
): { file: string; text: string | undefined } {
  const file = resolvePath(folder, name)
  secretFiles.push(file)
  try {
    return { file, text: readFileSync(file, 'utf8') }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    fault(path, `cannot read ${file} (${code})`)
    return { file, text: undefined }
  }
}
