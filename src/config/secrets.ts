import { readFileSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import type { SecretConfig } from './schema-parts.ts'
import type { Path, SettingsContext } from './settings-context.ts'

/** Returns the text of a secret; reports a fault and returns '' if it is missing or empty. */
export function secretOf(value: SecretConfig, path: Path, context: SettingsContext): string {
  if (typeof value === 'string') return value
  if ('env' in value) {
    const found = unwrapped(context.env[value.env as string] ?? '')
    if (found === '')
      context.fault([...path, 'env'], `the environment variable ${String(value.env)} is not set`)
    return found
  }
  const place = [...path, 'file']
  const { file, text } = textOf(value.file as string, place, context)
  const secret = text === undefined ? undefined : unwrapped(text)
  if (secret === '') context.fault(place, `${file} is empty`)
  return secret ?? ''
}

/** Removes what editors, shells and copying add around a secret: blanks, line ends, quotes, a byte order mark. */
function unwrapped(text: string): string {
  // trim() also removes a byte order mark.
  const trimmed = text.trim()
  const [first = ''] = trimmed
  const isQuoted = `"'`.includes(first) && trimmed.length > 1 && trimmed.endsWith(first)
  return isQuoted ? trimmed.slice(1, -1).trim() : trimmed
}

/** Reads a file; reports a fault if it cannot be read. The configuration is reloaded when the file changes. */
export function textOf(
  name: string,
  path: Path,
  { folder, fault, secretFiles }: SettingsContext,
): { file: string; text: string | undefined } {
  const file = resolvePath(folder, name)
  secretFiles.push(file)
  try {
    const bytes = readFileSync(file)
    // Windows PowerShell writes UTF-16.
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8'
    return { file, text: bytes.toString(encoding) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    fault(path, `cannot read ${file} (${code})`)
    return { file, text: undefined }
  }
}
