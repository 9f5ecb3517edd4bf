import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, until } from './receiver.ts'

/** A real Alertmanager that groups by name and sends to `url` at once; it ends with the test. */
export async function startAlertmanager(
  folder: string,
  { url, port: given }: { url: string; port?: number },
) {
  const port = given ?? (await freePort())
  const base = `http://127.0.0.1:${port}`
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(
    config,
    `route: { receiver: dingtalk, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: dingtalk
    webhook_configs: [{ url: "${url}", send_resolved: true }]
`,
  )
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'am')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=${base}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
  await until(
    'alertmanager is ready',
    async () => (await fetch(`${base}/-/ready`).catch(() => undefined))?.ok,
  )
  return {
    /** What its API answers to a GET below `/api/v2/`. */
    async read<T>(path: string): Promise<T> {
      return (await (await fetch(`${base}/api/v2/${path}`)).json()) as T
    },
    async post(alerts: object[]): Promise<void> {
      const response = await fetch(`${base}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(alerts),
      })
      assert.equal(response.status, 200, await response.text())
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
