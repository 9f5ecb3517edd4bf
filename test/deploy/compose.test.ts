import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse, parseDocument } from 'yaml'
import { needs } from '../support/program.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { DEPLOY, filesIn, type Manifest, textOf } from './manifests.ts'
import { wholeConfig } from './whole-config.ts'

const compose = parse(textOf('compose.yaml')) as Manifest
const services = compose.services as Record<string, Manifest>

/** A mount as its source, its target and its mode. */
function mountsOf(service: Manifest): string[][] {
  return (service.volumes ?? []).map((each: string) => each.split(':'))
}

/** The file in deploy/ behind a path within a service. */
function fileBehind(service: Manifest, path: string): string | undefined {
  const [source = '', target = ''] =
    mountsOf(service).find(([, folder]) => path.startsWith(`${folder}/`)) ?? []
  return source.startsWith('.') ? join(source, path.slice(target.length)) : undefined
}

describe('every YAML file in deploy/', () => {
  for (const path of filesIn('.yml', '.yaml').filter((path) => !path.includes('/templates/')))
    test(`${path} is valid and has no duplicate keys`, () => {
      for (const text of textOf(path).split(/^---$/m)) {
        const { errors, warnings } = parseDocument(text)
        assert.deepEqual([...errors, ...warnings].map(String), [])
      }
    })

  test('names the schema in each configuration of the receiver', () => {
    for (const path of filesIn('dingtalk-receiver.yml')) {
      const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(textOf(path)) ?? []
      assert.ok(existsSync(join(DEPLOY, path, '..', schema)), path)
      assert.match(schema, /dingtalk-receiver\.schema\.json$/, path)
      assert.deepEqual(wholeConfig(textOf(path)).faults, [], path)
    }
  })
})

describe('compose.yaml', () => {
  test('mounts existing files and declared volumes', () => {
    for (const [name, service] of Object.entries(services))
      for (const [source = '', target = '', mode] of mountsOf(service)) {
        if (source.startsWith('.')) {
          // A mount of a single file never shows what an editor renames over it.
          assert.ok(statSync(join(DEPLOY, source)).isDirectory(), `${name}: ${source}`)
          assert.equal(mode, 'ro')
        } else assert.ok(source in compose.volumes, `${name}: ${source}`)
        assert.match(target, /^\//)
      }
  })

  test('mounts the configuration of each program', () => {
    for (const name of ['receiver', 'alertmanager', 'prometheus']) {
      const service = services[name]
      const file: string =
        service.environment?.DINGTALK_RECEIVER_CONFIG ??
        (service.command as string[]).join(' ').match(/--config\.file=(\S+)/)?.[1]
      assert.ok(existsSync(join(DEPLOY, fileBehind(service, file) ?? '-')), `${name}: ${file}`)
    }
  })

  test('prints the address of the console and the token that the receiver requires', () => {
    const { entrypoint, command, environment } = services['console']
    assert.equal(environment.ADMIN_TOKEN, services['receiver'].environment.ADMIN_TOKEN)
    const ran = spawnSync(process.execPath, [...entrypoint.slice(1), ...command], {
      env: { ADMIN_TOKEN: 'the-token' },
      encoding: 'utf8',
    })
    assert.equal(ran.stdout, 'The group: http://127.0.0.1:8060/sandbox  token: the-token\n')
  })

  test('publishes its ports on this machine only', () => {
    for (const [name, { ports = [] }] of Object.entries(services))
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name)
  })

  test('builds its image and runs it read-only, except for its data', () => {
    const receiver = services['receiver']
    assert.ok(existsSync(join(DEPLOY, receiver.build.context, receiver.build.dockerfile)))
    assert.equal(receiver.read_only, true)
    assert.deepEqual(receiver.cap_drop, ['ALL'])
    const { store, settings } = wholeConfig(textOf('compose/receiver/dingtalk-receiver.yml'))
    const data = mountsOf(receiver).find(([source]) => source === 'receiver')?.[1]
    assert.ok(store.startsWith(`sqlite:${data}/`))
    assert.equal(settings.listen.host, '0.0.0.0')
    assert.ok(receiver.environment.ADMIN_TOKEN.length > 12)
  })

  test('depends only on existing services', () => {
    for (const { depends_on = [] } of Object.values(services))
      for (const name of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on))
        assert.ok(name in services, name)
  })

  test('delivers an alert from a Prometheus rule to the group', {
    ...needs('prometheus-alertmanager', 'prometheus-alertmanager'),
    ...needs('prometheus', 'prometheus'),
  }, async () => {
    using folder = temporaryFolder()
    const ports = {
      receiver: await freePort(),
      alertmanager: await freePort(),
      prometheus: await freePort(),
    }
    /** The files, with container names replaced by addresses of this machine. */
    const place = (path: string): string => {
      const file = join(folder.path, path.replaceAll('/', '-'))
      writeFileSync(
        file,
        textOf(path)
          .replace(/\b(receiver|alertmanager|prometheus):\d{4}\b/g, (_all, name) => {
            return `127.0.0.1:${ports[name as keyof typeof ports]}`
          })
          .replace('/var/lib/dingtalk-receiver', folder.path)
          .replace(/group_wait: \w+/, 'group_wait: 100ms'),
      )
      return file
    }
    const config = readFileSync(place('compose/receiver/dingtalk-receiver.yml'), 'utf8')
    await using receiver = new Receiver({
      folder: folder.path,
      port: ports.receiver,
      config,
      env: { ADMIN_TOKEN: 'only-for-trying-it' },
    })
    await receiver.start()
    copyFileSync(join(DEPLOY, 'compose/prometheus/rules.yml'), join(folder.path, 'rules.yml'))
    cpSync(join(DEPLOY, 'prometheus'), join(folder.path, 'alerts'), { recursive: true })
    await using _alertmanager = run('prometheus-alertmanager', [
      `--config.file=${place('compose/alertmanager/alertmanager.yml')}`,
      `--storage.path=${join(folder.path, 'am')}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      '--cluster.listen-address=',
    ])
    await using _prometheus = run('prometheus', [
      `--config.file=${place('compose/prometheus/prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder.path, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      // The first attempt may precede the discovery of Alertmanager.
      '--rules.alert.resend-delay=1s',
    ])
    const shown = await until(
      'the group is notified',
      async () => {
        const reply = await fetch(`${receiver.url}/api/v1/sandbox`, {
          headers: { Authorization: 'Bearer only-for-trying-it' },
        })
        const text = await reply.text()
        return text.includes('AlwaysFiring') ? text : undefined
      },
      90_000,
    )
    assert.match(shown, /This rule always fires/)
    // It asks for OpenMetrics, and reads nothing that is not.
    const query = `http://127.0.0.1:${ports.prometheus}/api/v1/query?query=dingtalk_receiver_requests_total`
    await until('the receiver is scraped', async () => {
      const { data } = (await (await fetch(query)).json()) as { data: { result: unknown[] } }
      return data.result.length > 0
    })
  })
})

describe('the examples for Alertmanager', () => {
  for (const path of filesIn('.yml').filter((path) => /alertmanager(\/.*)?\.yml$/.test(path)))
    test(`${path} is accepted by Alertmanager`, needs('amtool', 'prometheus-alertmanager'), () => {
      const ran = spawnSync('amtool', ['check-config', join(DEPLOY, path)], { encoding: 'utf8' })
      assert.equal(ran.status, 0, ran.stdout + ran.stderr)
    })

  test('post to existing routes', () => {
    const urls = filesIn('.yml')
      .filter((path) => path.startsWith('alertmanager/'))
      .flatMap((path) => [...textOf(path).matchAll(/^\s+- url: (\S+)$/gm)].map(([, url]) => url))
    assert.ok(urls.length >= 6)
    for (const url of urls)
      assert.match(url as string, /:8060\/(alertmanager\/\w+|dingtalk\/\w+\/send)$/)
  })
})

test(
  'the Prometheus configuration and rules of compose.yaml are valid',
  needs('promtool', 'prometheus'),
  () => {
    using folder = temporaryFolder()
    for (const [source = '', target = ''] of mountsOf(services['prometheus']))
      if (source.startsWith('.'))
        cpSync(join(DEPLOY, source), join(folder.path, target), { recursive: true })
    const file = join(folder.path, 'etc/prometheus/prometheus.yml')
    const ran = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' })
    assert.equal(ran.status, 0, ran.stdout + ran.stderr)
  },
)

/** A program that ends with the test. */
function run(command: string, args: string[]): ChildProcess & AsyncDisposable {
  const child = spawn(command, args, { stdio: 'ignore' })
  return Object.assign(child, {
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  })
}
