import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { needs } from '../support/program.ts'
import { freePort, temporaryFolder, until } from '../support/receiver.ts'
import { type Block, blocksOf, commandsOf, documentAt, ROOT } from './markdown.ts'

/** Programs that need a machine of their own; their words are checked elsewhere. */
const RECORDED = ['docker', 'helm', 'kubectl', 'systemctl']

/** Folders of the machine, which the test has of its own. */
const FOLDERS = [
  '/opt',
  '/usr/local/bin',
  '/usr/local/share/man',
  '/etc/dingtalk-receiver',
  '/etc/systemd/system',
]

const NOT_IN_A_CHECKOUT = ['node_modules', 'dist', 'release', 'data', 'programs', '.git']

/**
 * npm, but for two things: the packages of the checkout are there already, and a receiver listens where the test wants
 * it.
 */
const NPM = `#!/bin/sh
[ "$*" = ci ] && exit 0
case "$*" in
  start) set -- start -- serve --listen "127.0.0.1:$PORT" ;;
  'start -- serve'*) set -- "$@" --listen "127.0.0.1:$PORT" ;;
esac
exec "$NPM" "$@"
`

/** A newcomer's terminals: a fresh checkout, and at most one receiver that runs in it. */
class Newcomer implements AsyncDisposable {
  readonly #folder = temporaryFolder()
  readonly checkout = join(this.#folder.path, 'dingtalk-receiver')
  readonly old = join(this.#folder.path, 'config.yml')
  readonly #port: number
  readonly #env: NodeJS.ProcessEnv
  #running: ChildProcess | undefined
  #output = ''

  constructor(port: number) {
    this.#port = port
    const [bin, prefix] = [join(this.#folder.path, 'bin'), join(this.#folder.path, 'prefix')]
    cpSync(ROOT, this.checkout, {
      recursive: true,
      filter: (path) => !NOT_IN_A_CHECKOUT.includes(basename(path)),
    })
    symlinkSync(join(ROOT, 'node_modules'), join(this.checkout, 'node_modules'))
    writeFileSync(
      this.old,
      'targets: { ops: { url: "https://oapi.dingtalk.com/robot/send?access_token=abc" } }\n',
    )
    for (const each of [bin, ...FOLDERS.map((at) => this.at(at))])
      mkdirSync(each, { recursive: true })
    const write = (name: string, text: string): void => {
      writeFileSync(join(bin, name), text)
      chmodSync(join(bin, name), 0o755)
    }
    write('npm', NPM)
    write('sudo', '#!/bin/sh\nexec "$@"\n')
    for (const name of RECORDED) write(name, `#!/bin/sh\necho "$0 $*" >> "$CALLS"\n`)
    const env = { ...process.env }
    for (const name of Object.keys(env))
      if (/^(NODE_TEST_CONTEXT|NODE_OPTIONS|DINGTALK_\w+|OPS_1_\w+)$/.test(name)) delete env[name]
    this.#env = {
      ...env,
      PORT: String(port),
      NPM: spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim(),
      CALLS: join(this.#folder.path, 'calls'),
      PATH: [bin, join(prefix, 'bin'), dirname(process.execPath), env['PATH']].join(':'),
      npm_config_prefix: prefix,
      npm_config_prefer_offline: 'true',
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Where a folder of the machine is. */
  at(path: string): string {
    return join(this.#folder.path, path)
  }

  /** Calls of the programs that are only recorded. */
  calls(): string[] {
    return readFileSync(this.#env['CALLS'] as string, 'utf8').split('\n')
  }

  /** What a newcomer types, with a robot's own values and this machine's places filled in. */
  typed(text: string): string {
    return text
      .replaceAll('127.0.0.1:8060', `127.0.0.1:${this.#port}`)
      .replaceAll('https://oapi.dingtalk.com/robot/send?access_token=…', 'sandbox')
      .replaceAll('SEC…', 'SECret')
      .replaceAll('/etc/prometheus-webhook-dingtalk/config.yml', this.old)
      .replace(new RegExp(`(?<=[ ])(?:${FOLDERS.join('|')})`, 'g'), (folder) => this.at(folder))
  }

  /** Writes the configuration of a block. */
  configure({ text }: Block): void {
    const listen = `listen: 127.0.0.1:${this.#port}\n`
    writeFileSync(join(this.checkout, 'dingtalk-receiver.yml'), listen + text)
  }

  /** Runs a shell block; its last command may be a receiver, which stays. Returns standard output. */
  async run({ text }: Block): Promise<string> {
    const lines = this.typed(text).trimEnd().split('\n')
    const last = lines.at(-1) as string
    const serves = /^npm start(?: -- serve\b.*)?$/.test(last)
    // The README says to stop it here.
    if (serves) await this.stop()
    const script = (serves ? lines.slice(0, -1) : lines).join('\n')
    const output = await this.#shell(script)
    if (serves) await this.#serve(last)
    return output
  }

  async #shell(script: string): Promise<string> {
    const child = spawn('sh', ['-e', '-c', script], { cwd: this.checkout, env: this.#env })
    let [out, errors] = ['', '']
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.equal(code, 0, `${script}\n${out}${errors}`)
    return out
  }

  async #serve(command: string): Promise<void> {
    this.#output = ''
    const child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: this.checkout,
      env: this.#env,
      detached: true,
    })
    this.#running = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        this.#output += chunk
      })
    const isReady = async (): Promise<boolean> => {
      assert.equal(child.exitCode, null, this.#output)
      return (await fetch(`${this.url}/-/ready`).catch(() => undefined))?.ok ?? false
    }
    await until('the receiver is ready', isReady, 90_000)
  }

  /** Ctrl+C: the signal goes to all processes of the terminal. */
  async stop(): Promise<void> {
    const child = this.#running
    this.#running = undefined
    if (child?.pid === undefined || child.exitCode !== null) return
    const closed = new Promise((resolve) => child.on('close', resolve))
    process.kill(-child.pid, 'SIGINT')
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.#folder[Symbol.dispose]()
  }
}

describe(
  'the commands of README.md, in the order in which they stand',
  needs('curl', 'curl'),
  () => {
    let newcomer: Newcomer
    before(async () => {
      newcomer = new Newcomer(await freePort())
    })
    after(() => newcomer[Symbol.asyncDispose]())

    const blocks = blocksOf(documentAt('README.md'))
    const own = blocks.find(
      ({ language, under }) => language === 'yaml' && under === 'Five minutes',
    )

    for (const block of blocks.filter(({ language }) => language === 'sh')) {
      const commands = commandsOf(block)
      test(`line ${block.line}: ${commands[0]}`, async () => {
        if (own !== undefined && block.line > own.line) newcomer.configure(own)
        const output = await newcomer.run(block)
        if (commands[0]?.startsWith('curl')) assert.equal(output, '{"errcode":0,"errmsg":"ok"}')
      })
    }

    const [unpack, start] = blocksOf(documentAt('deploy/OPERATIONS.md')).filter(
      ({ language, under }) => language === 'sh' && under === 'A plain host',
    )

    test('are followed by those of a plain host', async () => {
      const [file, secrets] = ['dingtalk-receiver.yml', 'secrets.env'].map((name) =>
        newcomer.at(`/etc/dingtalk-receiver/${name}`),
      ) as [string, string]
      // What has been filled in outlives an installation that is repeated.
      for (const _ of [1, 2]) {
        await newcomer.run(unpack as Block)
        if (readFileSync(secrets, 'utf8') === '') {
          writeFileSync(secrets, 'OPS_1_WEBHOOK=sandbox\nOPS_1_SECRET=SECret\n')
          writeFileSync(file, newcomer.typed(readFileSync(file, 'utf8')))
        }
      }
      assert.match(await newcomer.run(start as Block), /\bready\b/)
    })

    test('lead to a receiver with the channel of the file that was moved over', async () => {
      const reply = await fetch(`${newcomer.url}/api/v1/status`)
      const { channels } = (await reply.json()) as { channels: object }
      assert.deepEqual(Object.keys(channels), ['ops'])
      const moved = readFileSync(join(newcomer.checkout, 'moved.yml'), 'utf8')
      assert.match(moved, /access_token=abc/)
    })

    test('hand their words to other programs as they are meant', () => {
      const calls = newcomer.calls().map((call) => call.replace(/^.*\/bin\//, ''))
      assert.ok(calls.some((call) => /^kubectl .* --from-literal=admin-token=./.test(call)))
      assert.ok(calls.some((call) => /^helm upgrade .* --values \S+\.yaml$/.test(call)))
      assert.equal(calls.filter((call) => call.startsWith('docker compose ')).length, 3)
    })
  },
)
