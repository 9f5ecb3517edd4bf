import type { FromSchema } from 'json-schema-to-ts'
import { mapping, TEXT, TEXTS } from './schema-parts.ts'

const VERSION = { type: 'string', enum: ['TLS10', 'TLS11', 'TLS12', 'TLS13'] } as const

/** Schema of `--web.config.file`, the file of Prometheus' exporter-toolkit (docs/web-configuration.md there). */
export const WEB_SCHEMA = mapping({
  tls_server_config: mapping({
    cert: TEXT,
    key: TEXT,
    client_ca: TEXT,
    cert_file: TEXT,
    key_file: TEXT,
    client_ca_file: TEXT,
    client_auth_type: {
      type: 'string',
      enum: [
        '',
        'NoClientCert',
        'RequestClientCert',
        'RequireClientCert',
        'RequireAnyClientCert',
        'VerifyClientCertIfGiven',
        'RequireAndVerifyClientCert',
      ],
    },
    client_allowed_sans: TEXTS,
    min_version: VERSION,
    max_version: VERSION,
    cipher_suites: TEXTS,
    prefer_server_cipher_suites: { type: 'boolean' },
    curve_preferences: {
      type: 'array',
      items: { type: 'string', enum: ['CurveP256', 'CurveP384', 'CurveP521', 'X25519'] },
    },
  }),
  http_server_config: mapping({
    http2: { type: 'boolean' },
    headers: mapping({
      'Content-Security-Policy': TEXT,
      'X-Frame-Options': { type: 'string', enum: ['deny', 'sameorigin'] },
      'X-Content-Type-Options': { type: 'string', enum: ['nosniff'] },
      'X-XSS-Protection': TEXT,
      'Strict-Transport-Security': TEXT,
    }),
  }),
  basic_auth_users: { type: 'object', additionalProperties: { type: 'string' } },
  rate_limit: { type: 'object' },
})

export type WebConfig = FromSchema<typeof WEB_SCHEMA, { keepDefaultedPropertiesOptional: true }>
