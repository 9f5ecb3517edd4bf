import { SECRET } from './secret-schema.ts'

const NETWORKS = { type: 'array', items: { type: 'string', minLength: 1 } } as const

const FILE = { type: 'string', minLength: 1 } as const

const CREDENTIAL = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    bearer: { ...SECRET, description: '`Authorization: Bearer …`. A secret.' },
    basic: {
      type: 'object',
      additionalProperties: false,
      required: ['username', 'password'],
      properties: {
        username: { type: 'string', pattern: '^[^:\\s]+$' },
        password: { ...SECRET, description: 'A secret.' },
      },
    },
    header: {
      type: 'object',
      description: "A custom header, for OCP's HTTP channel.",
      additionalProperties: false,
      required: ['name', 'value'],
      properties: {
        name: { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
        value: { ...SECRET, description: 'A secret.' },
      },
    },
  },
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
    ...NETWORKS,
    minItems: 1,
    description: 'Addresses and CIDR ranges that may post alerts. Absent: all.',
  },
  trusted_proxies: {
    ...NETWORKS,
    description: 'Addresses and CIDR ranges of proxies whose X-Forwarded-For is trusted.',
  },
  admin: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
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
    },
  },
  tls: {
    type: 'object',
    additionalProperties: false,
    required: ['cert', 'key'],
    properties: {
      cert: { ...FILE, description: 'File of the certificate and its chain, PEM.' },
      key: { ...FILE, description: 'File of its private key, PEM.' },
      client_ca: {
        ...FILE,
        description:
          'File of CA certificates, PEM; clients must present a certificate that one of them signed.',
      },
    },
  },
  robot_hosts: {
    type: 'array',
    items: { type: 'string', pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)$' },
    description: "Hosts allowed in webhooks besides DingTalk's; if set, any other host is refused.",
  },
} as const
