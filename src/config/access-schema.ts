import { mapping, SECRET, TEXT, TEXTS } from './schema-parts.ts'

const CREDENTIAL = {
  minProperties: 1,
  maxProperties: 1,
  ...mapping({
    bearer: { ...SECRET, description: '`Authorization: Bearer …`. A secret.' },
    basic: {
      required: ['username', 'password'],
      ...mapping({
        username: { type: 'string', pattern: '^[^:\\s]+$' },
        password: { ...SECRET, description: 'A secret.' },
      }),
    },
    header: {
      description: "A custom header, for OCP's HTTP channel.",
      required: ['name', 'value'],
      ...mapping({
        name: { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
        value: { ...SECRET, description: 'A secret.' },
      }),
    },
  }),
} as const

/** Schema of the keys that control access, and the hosts that webhooks may use. */
export const ACCESS = {
  auth: {
    type: 'array',
    minItems: 1,
    items: CREDENTIAL,
    description: 'Credentials of alert senders; one of them is enough. Absent: anyone may post.',
  },
  allow_from: {
    ...TEXTS,
    minItems: 1,
    description: 'Addresses and CIDR ranges that may post alerts. Absent: all.',
  },
  trusted_proxies: {
    ...TEXTS,
    description: 'Addresses and CIDR ranges of proxies whose X-Forwarded-For is trusted.',
  },
  admin: {
    minProperties: 1,
    ...mapping({
      token: {
        ...SECRET,
        description:
          'Token for the console and the API. Absent: they can be used from this machine only. A secret.',
      },
      protect: {
        type: 'array',
        items: { type: 'string', enum: ['metrics', 'health'] },
        uniqueItems: true,
        description: 'Endpoints that also require the token, or one of `auth`; open by default.',
      },
    }),
  },
  tls: {
    required: ['cert', 'key'],
    ...mapping({
      cert: { ...TEXT, description: 'File of the certificate and its chain, PEM.' },
      key: { ...TEXT, description: 'File of its private key, PEM.' },
      client_ca: {
        ...TEXT,
        description:
          'File of CA certificates, PEM; clients must present a certificate that one of them signed.',
      },
    }),
  },
  robot_hosts: {
    type: 'array',
    items: { type: 'string', pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)$' },
    description: "Hosts allowed in webhooks besides DingTalk's; if set, any other host is refused.",
  },
} as const
