import type { Access, Credential } from '../model/access.ts'

/** Where a sender posts, and what it must present. */
interface Endpoint {
  /** Base URL of the receiver. */
  url: string
  channel: string
  access: Access
}

/** Snippets for Alertmanager, OCP and a terminal that post to a channel. */
export function snippetsOf({ url, channel, access }: Endpoint) {
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
    ocpHeader: credentialUse(access)?.header,
    curl: exampleCurl(url, { channel, access }),
  }
}

/** How a sender passes a credential: the first of `auth`, else the name of the first user and a password to fill in. */
function credentialUse({ auth, users }: Access): CredentialUse | undefined {
  const [username] = users.keys()
  if (auth[0] !== undefined) return useOf(auth[0])
  return username === undefined ? undefined : useOf({ kind: 'basic', username })
}

/** How senders pass a credential; each secret is a placeholder, or read from a file. */
interface CredentialUse {
  /** Lines of Alertmanager's http_config. */
  alertmanager: readonly string[]
  /** The header that OCP sends. */
  header: string
  curl: string
}

function useOf(
  credential: Exclude<Credential, { kind: 'basic' }> | { kind: 'basic'; username: string },
): CredentialUse {
  switch (credential.kind) {
    case 'bearer':
      return {
        alertmanager: [
          'authorization:',
          '  type: Bearer',
          '  credentials_file: /etc/alertmanager/dingtalk-token',
        ],
        header: 'Authorization: Bearer TOKEN',
        curl: '-H "Authorization: Bearer $TOKEN"',
      }
    case 'basic':
      return {
        alertmanager: [
          'basic_auth:',
          `  username: ${JSON.stringify(credential.username)}`,
          '  password_file: /etc/alertmanager/dingtalk-password',
        ],
        header: 'Authorization: Basic BASE64(USER:PASSWORD)',
        curl: `-u '${credential.username.replaceAll("'", "'\\''")}'`,
      }
    case 'header':
      return {
        // Alertmanager has http_headers since version 0.28.
        alertmanager: [
          'http_headers:',
          `  ${credential.name}:`,
          '    files: [/etc/alertmanager/dingtalk-token]',
        ],
        header: `${credential.name}: TOKEN`,
        curl: `-H "${credential.name}: $TOKEN"`,
      }
  }
}

const TLS_CONFIG = [
  'tls_config:',
  '  cert_file: /etc/alertmanager/client.crt',
  '  key_file: /etc/alertmanager/client.key',
]

/** Alertmanager's http_config; empty if it needs none. */
function httpConfig(access: Access): string[] {
  const lines = [
    ...(credentialUse(access)?.alertmanager ?? []),
    ...(needsCertificate(access) ? TLS_CONFIG : []),
  ]
  if (lines.length === 0) return []
  return ['        http_config:', ...lines.map((line) => `          ${line}`)]
}

/** A curl command that posts one alert to a channel; secrets are placeholders. */
export function exampleCurl(url: string, { channel, access }: Omit<Endpoint, 'url'>): string {
  const payload = {
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'HighLoad', severity: 'critical', instance: 'db-1' },
        annotations: { summary: 'The load is 42' },
      },
    ],
  }
  return [
    'curl',
    `${url}/alertmanager/${encodeURIComponent(channel)}`,
    credentialUse(access)?.curl,
    needsCertificate(access) ? '--cert client.crt --key client.key' : undefined,
    `-d '${JSON.stringify(payload)}'`,
  ]
    .filter((part) => part !== undefined)
    .join(' ')
}

function needsCertificate({ tls }: Access): boolean {
  return tls?.clientCa !== undefined
}
