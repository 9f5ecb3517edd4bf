import type { Access, Credential } from '../model/access.ts'
import { Secret } from '../model/secret.ts'

export interface Snippets {
  alertmanager: string
  alertmanagerUrl: string
  dropInUrl: string
  ocpUrl: string
  ocpHeader: string | undefined
  curl: string
}

/** Snippets for Alertmanager, OCP and a terminal that post to a channel. */
export function snippetsOf({
  url,
  channel,
  access,
}: {
  url: string
  channel: string
  access: Access
}): Snippets {
  const name = encodeURIComponent(channel)
  const alertmanagerUrl = `${url}/alertmanager/${name}`
  const receiver = /^[\w-]+$/.test(channel)
    ? `dingtalk-${channel}`
    : JSON.stringify(`dingtalk-${channel}`)
  return {
    alertmanagerUrl,
    alertmanager: [
      'receivers:',
      `  - name: ${receiver}`,
      '    webhook_configs:',
      `      - url: ${alertmanagerUrl}`,
      '        send_resolved: true',
      ...httpConfig(access),
    ].join('\n'),
    dropInUrl: `${url}/dingtalk/${name}/send`,
    ocpUrl: `${url}/ocp/${name}`,
    ocpHeader: headerOf(credentialOf(access)),
    curl: exampleCurl(url, { channel, access }),
  }
}

/** The credential that a sender uses: the first of `auth`, else a user, whose password is unknown here. */
function credentialOf({ auth, users }: Access): Credential | undefined {
  const [username] = users.keys()
  if (auth[0] !== undefined || username === undefined) return auth[0]
  return { kind: 'basic', username, password: new Secret('') }
}

/** Alertmanager's http_config; each secret is read from a file. */
function httpConfig(access: Access): string[] {
  const { tls } = access
  const lines = [
    ...credentialLines(credentialOf(access)),
    ...(tls?.clientCa === undefined
      ? []
      : [
          'tls_config:',
          '  cert_file: /etc/alertmanager/client.crt',
          '  key_file: /etc/alertmanager/client.key',
        ]),
  ]
  if (lines.length === 0) return []
  return ['        http_config:', ...lines.map((line) => `          ${line}`)]
}

function credentialLines(credential: Credential | undefined): string[] {
  switch (credential?.kind) {
    case 'bearer':
      return [
        'authorization:',
        '  type: Bearer',
        '  credentials_file: /etc/alertmanager/dingtalk-token',
      ]
    case 'basic':
      return [
        'basic_auth:',
        `  username: ${JSON.stringify(credential.username)}`,
        '  password_file: /etc/alertmanager/dingtalk-password',
      ]
    case 'header':
      // Alertmanager has http_headers since version 0.28.
      return [
        'http_headers:',
        `  ${credential.name}:`,
        '    files: [/etc/alertmanager/dingtalk-token]',
      ]
    case undefined:
      return []
  }
}

function headerOf(credential: Credential | undefined): string | undefined {
  switch (credential?.kind) {
    case 'bearer':
      return 'Authorization: Bearer TOKEN'
    case 'basic':
      return 'Authorization: Basic BASE64(USER:PASSWORD)'
    case 'header':
      return `${credential.name}: TOKEN`
    case undefined:
      return undefined
  }
}

/** A curl command that posts one alert to a channel; secrets are placeholders. */
export function exampleCurl(
  url: string,
  { channel, access }: { channel: string; access: Access },
): string {
  const payload = {
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'HighLoad', severity: 'critical', instance: 'db-1' },
        annotations: { summary: 'The load is 42' },
      },
    ],
  }
  const options = [...credentialOptions(credentialOf(access)), ...certificateOptions(access)]
  return [
    'curl',
    `${url}/alertmanager/${encodeURIComponent(channel)}`,
    ...options,
    `-d '${JSON.stringify(payload)}'`,
  ].join(' ')
}

function credentialOptions(credential: Credential | undefined): string[] {
  switch (credential?.kind) {
    case 'bearer':
      return ['-H "Authorization: Bearer $TOKEN"']
    case 'basic':
      return [`-u '${credential.username.replaceAll("'", "'\\''")}'`]
    case 'header':
      return [`-H "${credential.name}: $TOKEN"`]
    case undefined:
      return []
  }
}

function certificateOptions({ tls }: Access): string[] {
  return tls?.clientCa === undefined ? [] : ['--cert client.crt --key client.key']
}
