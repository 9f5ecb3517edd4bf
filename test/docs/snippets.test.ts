import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { sources } from '../../src/sources/index.ts'
import { wholeConfig } from '../deploy/whole-config.ts'
import { needs } from '../support/program.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'
import {
  type Block,
  blocksOf,
  chineseOf,
  commandsOf,
  documentAt,
  GUIDES,
  ROOT,
} from './markdown.ts'

const PACKAGE = JSON.parse(documentAt('package.json')) as {
  version: string
  scripts: Record<string, string>
}

const ALERT =
  '{"alerts":[{"status":"firing","labels":{"alertname":"HighLoad","severity":"critical"}}]}'
const CONFIG = 'robots: { ops-1: { webhook: sandbox } }\nchannels: { ops: { robots: [ops-1] } }\n'
const THERE =
  'targets: { webhook1: { url: "https://oapi.dingtalk.com/robot/send?access_token=abc" } }\n'

/** Programs that may be missing, each in the Debian package of its name. */
const PROGRAMS = ['curl', 'sqlite3']

/** Both languages have the same commands; each runs once. */
const tried = new Set<string>()

for (const path of GUIDES.flatMap((each) => [each, chineseOf(each)])) {
  const markdown = documentAt(path)
  const blocks = blocksOf(markdown)

  describe(path, () => {
    const folder = temporaryFolder()
    let receiver: Receiver
    before(async () => {
      writeFileSync(join(folder.path, 'alert.json'), ALERT)
      writeFileSync(join(folder.path, 'config.yml'), THERE)
      writeFileSync(join(folder.path, 'moved.yml'), CONFIG)
      writeFileSync(join(folder.path, 'secrets.env'), 'OPS_1_SECRET=SECx\n')
      receiver = new Receiver({
        folder: folder.path,
        port: await freePort(),
        config:
          'robots: { ops-1: { webhook: sandbox } }\nchannels: { ops: { robots: [ops-1] }, default: { robots: [ops-1] } }\n',
      })
      await receiver.start()
    })
    after(async () => {
      await receiver.end('SIGKILL')
      folder[Symbol.dispose]()
    })

    test('has only blocks that a test covers', () => {
      for (const { language, line } of blocks)
        assert.ok(['sh', 'yaml', 'text', 'eta'].includes(language), `line ${line}: ${language}`)
    })

    for (const block of blocks.filter(({ language }) => language === 'yaml'))
      test(`line ${block.line}: this YAML is valid for its program`, needsFor(block), () => {
        const value = parse(block.text) as Record<string, unknown>
        if ('receivers' in value) return alertmanagerTakes(block.text)
        if ('scrape_configs' in value) return prometheusTakes(block.text)
        const robots = 'robots: { ops-1: { webhook: sandbox }, ops-2: { webhook: sandbox } }\n'
        const whole = 'robots' in value ? '' : robots
        const channels = 'channels' in value ? '' : 'channels: { ops: { robots: [ops-1] } }\n'
        assert.deepEqual(wholeConfig(`${block.text}${whole}${channels}`).faults, [])
      })

    test('has bodies that parse as an OCP alert, and a picture', async () => {
      const texts = blocks.filter(({ language }) => language === 'text')
      if (path.startsWith('README')) assert.ok(texts.some(({ text }) => text.includes('══')))
      for (const { text, line } of texts.filter((each) => !each.text.includes('══'))) {
        const filled = text.replace(/\$\{(\w+)\}/g, (_all, name) => `a value of ${name}`)
        const read = await sources
          .get('ocp')
          ?.read(filled, { receivedAt: new Date(0), timezone: 'UTC' })
        assert.match(String(read?.alerts[0]?.variables['alarm_name']), /alarm_name/, `line ${line}`)
      }
    })

    test('has shell blocks with valid syntax', () => {
      for (const { text, line } of blocks.filter(({ language }) => language === 'sh')) {
        const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })
        assert.equal(status, 0, `line ${line}: ${stderr}`)
      }
    })

    const inline = [
      ...markdown
        .replace(/```[\s\S]*?```/g, '')
        .matchAll(/`((?:npm (?:start|run|test)|dingtalk-receiver [a-z])[^`]*)`/g),
    ]
    const commands = new Set([
      ...blocks.filter(({ language }) => language === 'sh').flatMap(commandsOf),
      ...inline.map(([, command]) => command as string),
    ])
    for (const command of commands) {
      if (tried.has(command)) continue
      tried.add(command)
      test(
        `this works: ${command.slice(0, 90)}`,
        PROGRAMS.includes(programOf(command)) ? needs(programOf(command), programOf(command)) : {},
        () => tryCommand(command),
      )
    }

    async function tryCommand(command: string): Promise<void> {
      const program = programOf(command)
      for (const [, at = ''] of command.matchAll(/(?<![\w/.])(deploy\/[\w./-]+)/g))
        assert.ok(existsSync(join(ROOT, at)), at)
      switch (program) {
        case 'npm':
          return tryNpm(command)
        case 'dingtalk-receiver':
          return tryReceiver(command.replace(/^.*?dingtalk-receiver /, '').split(' '))
        case 'sqlite3':
          return tryBackup(command)
        case 'pg_dump':
          return assert.match(command, /--schema=dingtalk_receiver /)
        case 'curl': {
          const here = command.replace('http://127.0.0.1:8060', receiver.url)
          const ran = spawnSync('sh', ['-c', `${here} -sS`], { encoding: 'utf8' })
          return assert.equal(ran.stdout, '{"errcode":0,"errmsg":"ok"}', ran.stderr)
        }
        case 'docker':
          for (const [, tag] of command.matchAll(/dingtalk-receiver:([\d.]+)/g))
            assert.equal(tag, PACKAGE.version)
          return assert.match(command, /^docker (build -f deploy|run |compose -f deploy)/)
        case 'kubectl': {
          const [, folder] = / -k (\S+)/.exec(command) ?? []
          if (folder !== undefined) assert.ok(existsSync(join(ROOT, folder, 'kustomization.yaml')))
          return assert.match(
            command,
            /^kubectl (-n [\w-]+ (apply -[fk]|create secret generic) |create namespace )/,
          )
        }
        case 'helm': {
          const values = parse(documentAt('deploy/helm/dingtalk-receiver/values.yaml')) as unknown
          for (const [, key = ''] of command.matchAll(/--set ([\w.]+)=/g))
            assert.notEqual(
              key
                .split('.')
                .reduce<unknown>((at, each) => (at as Record<string, unknown>)?.[each], values),
              undefined,
              key,
            )
          return assert.match(
            command,
            /^helm upgrade --install \w+ deploy\/helm\/dingtalk-receiver /,
          )
        }
        case 'tar':
        case 'ln':
        case './dingtalk-receiver':
          for (const [, version] of command.matchAll(/dingtalk-receiver-(\d[\w.]*)-linux/g))
            assert.equal(version, PACKAGE.version)
          return
        case 'cp':
          for (const source of command
            .replace(/^sudo /, '')
            .split(' ')
            .slice(1, -1))
            if (!/^(?:-|\/var\/)/.test(source)) {
              const here = source.replace(/^\/opt\/dingtalk-receiver-[\w.-]*\//, 'deploy/')
              assert.ok(existsSync(join(ROOT, here)), source)
            }
          return
        case 'install':
        case 'systemctl':
        case 'sh':
        case 'cat':
        case 'chmod':
        case 'chown':
        case '(cd':
        case 'sha256sum':
          // test/docs/sequence.test.ts runs those of the READMEs.
          return
        default:
          assert.fail(`no test knows how to try ${program}`)
      }
    }

    /** A copy made of a stopped receiver's store, with which another one goes on. */
    async function tryBackup(command: string): Promise<void> {
      using from = temporaryFolder()
      using to = temporaryFolder()
      await using first = new Receiver({
        folder: from.path,
        port: await freePort(),
        config: CONFIG,
      })
      await first.start()
      await first.post('/alertmanager/ops', ALERT)
      await first.end()
      const ran = spawnSync('sh', ['-c', command], { cwd: from.path, encoding: 'utf8' })
      assert.equal(ran.status, 0, ran.stderr)
      mkdirSync(join(to.path, 'data'))
      copyFileSync(join(from.path, 'receiver-backup.db'), join(to.path, 'data', 'receiver.db'))
      await using second = new Receiver({ folder: to.path, port: await freePort(), config: CONFIG })
      await second.start()
      const { alerts } = (await (await fetch(`${second.url}/api/v1/alerts`)).json()) as {
        alerts: { variables: Record<string, string> }[]
      }
      assert.deepEqual(
        alerts.map(({ variables }) => variables['alarm_name']),
        ['HighLoad'],
      )
    }

    async function tryReceiver(args: readonly string[]): Promise<void> {
      const [name = '', ...rest] = args
      if (['check', 'version', 'simulate', 'test'].includes(name) && !rest.includes('--config')) {
        const here = rest.map((each) => (each === '5000' ? '500' : each))
        const ran = await runCommand([name, ...here], { cwd: folder.path })
        return assert.equal(ran.code, 0, ran.stdout + ran.stderr)
      }
      const { code, stdout } = await runCommand([name, '--help'])
      assert.equal(code, 0)
      for (const option of rest.filter((each) => each.startsWith('--')))
        assert.ok(stdout.includes(option) || option === '--env-file', option)
    }

    /** It never writes over a file, so it has a folder of its own. */
    async function tryConvert(args: readonly string[]): Promise<void> {
      using converted = temporaryFolder()
      writeFileSync(join(converted.path, 'config.yml'), THERE)
      const ran = await runCommand(args, { cwd: converted.path })
      assert.equal(ran.code, 0, ran.stdout + ran.stderr)
      const made = join(converted.path, args[args.indexOf('-o') + 1] as string)
      assert.deepEqual(wholeConfig(readFileSync(made, 'utf8')).faults, [])
    }

    async function tryNpm(command: string): Promise<void> {
      const [, environment = '', words = ''] =
        /^((?:[A-Z_]+='[^']*' )*)npm (?:--silent )?(.*)$/.exec(command) ?? []
      const [verb = '', ...rest] = words.replace(/ > \S+$/, '').split(' ')
      if (verb === 'ci') return
      if (verb === 'install') {
        const [, version] = /dingtalk-receiver-([\w.]+)\.tgz/.exec(command) ?? []
        return assert.ok(['NEW', 'OLD', PACKAGE.version].includes(version as string), command)
      }
      const script = verb === 'run' ? rest[0] : verb
      assert.ok(PACKAGE.scripts[script as string], `there is no script ${script}`)
      if (verb !== 'start') return
      const env = Object.fromEntries(
        [...environment.matchAll(/([A-Z_]+)='([^']*)'/g)].map(([, name, value]) => [name, value]),
      )
      const args = rest
        .slice(1)
        .map((each) => each.replace('/etc/prometheus-webhook-dingtalk/', ''))
        // As many take a quarter of a minute.
        .map((each) => (each === '5000' ? '500' : each))
      if (args[0] === 'serve' || args.length === 0) {
        // The receiver above already serves, so this start does not wait.
        using empty = temporaryFolder()
        const ran = await runCommand(['check'], {
          cwd: environment === '' ? folder.path : empty.path,
          env,
        })
        return assert.equal(ran.code, 0, ran.stdout + ran.stderr)
      }
      if (command.includes('…')) {
        // A placeholder of a secret cannot run, but its options can be checked.
        const { stdout } = await runCommand([args[0] as string, '--help'])
        for (const [option] of command.matchAll(/ --[a-z][\w-]*/g))
          assert.ok(stdout.includes(option), option)
        return
      }
      if (args[0] === 'convert') return tryConvert(args)
      const ran = await runCommand(args, { cwd: folder.path })
      assert.equal(ran.code, 0, ran.stdout + ran.stderr)
      assert.notEqual(ran.stdout, '')
    }
  })
}

function programOf(command: string): string {
  const words = command.split(' ').filter((word) => word !== 'sudo' && !/^[A-Z_]+=/.test(word))
  return (words[0] as string)
    .replace('/usr/local/bin/', '')
    .replace(/^\.\/dingtalk-receiver-.*/, './dingtalk-receiver')
}

function needsFor({ text }: Block): { skip?: string } {
  if (/^receivers:/m.test(text)) return needs('amtool', 'prometheus-alertmanager')
  if (/^scrape_configs:/m.test(text)) return needs('promtool', 'prometheus')
  return {}
}

function alertmanagerTakes(fragment: string): void {
  using folder = temporaryFolder()
  const file = join(folder.path, 'alertmanager.yml')
  writeFileSync(file, `route: { receiver: dingtalk }\n${fragment}`)
  const ran = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' })
  assert.equal(ran.status, 0, ran.stdout + ran.stderr)
}

function prometheusTakes(text: string): void {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'prometheus.yml'), text)
  writeFileSync(join(folder.path, 'alerts.yml'), documentAt('deploy/prometheus/alerts.yml'))
  const ran = spawnSync('promtool', ['check', 'config', join(folder.path, 'prometheus.yml')], {
    encoding: 'utf8',
  })
  assert.equal(ran.status, 0, ran.stdout + ran.stderr)
}
