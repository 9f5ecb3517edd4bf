import { Secret } from '../model/secret.ts'
import { type Alertmanager, comparableUrl } from '../model/settings.ts'
import type { Config } from './schema.ts'
import { secretOf } from './secrets.ts'
import type { Path, SettingsContext } from './settings-context.ts'

type AlertmanagerConfig = NonNullable<Config['alertmanagers']>[number]

/** Resolves the Alertmanagers in which people can make silences. */
export function alertmanagersOf(
  { alertmanagers = [], external_url }: Pick<Config, 'alertmanagers' | 'external_url'>,
  context: SettingsContext,
): Alertmanager[] {
  if (alertmanagers.length > 0 && external_url === undefined)
    context.warn(
      ['alertmanagers'],
      'has no effect without external_url, the address of the receiver in silence links',
    )
  return alertmanagers.map(({ url, external_url, bearer, basic }, index) => {
    const path = ['alertmanagers', index]
    const checked = (text: string, key: string): string => {
      const isUrl = URL.canParse(text)
      if (!isUrl) context.fault([...path, key], 'must be an http or https URL')
      else if (new URL(text).username !== '')
        context.fault([...path, key], 'must not contain credentials; write them under basic')
      return isUrl ? text.replace(/\/+$/, '') : 'http://invalid'
    }
    if (bearer !== undefined && basic !== undefined)
      context.fault([...path, 'bearer'], 'cannot be used together with basic; remove one of them')
    return {
      url: checked(url, 'url'),
      externalUrl: comparableUrl(checked(external_url ?? url, 'external_url')) ?? '',
      authorization: authorizationOf({ bearer, basic }, path, context),
    }
  })
}

function authorizationOf(
  { bearer, basic }: Pick<AlertmanagerConfig, 'bearer' | 'basic'>,
  path: Path,
  context: SettingsContext,
): Secret | undefined {
  if (bearer !== undefined) {
    const token = secretOf(bearer, [...path, 'bearer'], context)
    // Without characters that a header cannot contain; Alertmanager then rejects the token.
    return new Secret(`Bearer ${token.replace(/[^\x20-\x7e]/g, '')}`)
  }
  if (basic === undefined) return undefined
  const password = secretOf(basic.password, [...path, 'basic', 'password'], context)
  return new Secret(`Basic ${Buffer.from(`${basic.username}:${password}`).toString('base64')}`)
}
