import { Ajv, type ValidateFunction } from 'ajv'
import {
  WEBHOOK_DINGTALK_SCHEMA,
  type WebhookDingtalkConfig,
} from './moving-over/webhook-dingtalk-schema.ts'
import { type Config, SCHEMA } from './schema.ts'
import { WEB_SCHEMA, type WebConfig } from './web-schema.ts'

/** `code.source` lets the build write the compiled validators to a file. */
export const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  code: { source: true, esm: true },
})
  .addSchema(SCHEMA, 'config')
  .addSchema(WEB_SCHEMA, 'web')
  .addSchema(WEBHOOK_DINGTALK_SCHEMA, 'webhook-dingtalk')

/**
 * Checks a value against the configuration's schema; sets `errors`. Ajv and its compilation take about 300 ms of a
 * start, the compiled validators 7 ms, so the build replaces this file in dist with these.
 */
export const validate = ajv.getSchema('config') as ValidateFunction<Config>

/** Checks a value against the schema of `--web.config.file`. */
export const validateWeb = ajv.getSchema('web') as ValidateFunction<WebConfig>

/** Checks a value against the schema of prometheus-webhook-dingtalk's config.yml. */
export const validateWebhookDingtalk = ajv.getSchema(
  'webhook-dingtalk',
) as ValidateFunction<WebhookDingtalkConfig>
