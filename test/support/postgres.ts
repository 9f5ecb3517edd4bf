import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort, until } from './receiver.ts'

/** Debian's folders of the server's programs, newest last; other systems have them in the PATH. */
const FOLDERS = globSync('/usr/lib/postgresql/*/bin').sort()
const PASSWORD = 'p@ss word/:'

function program(name: string): string | undefined {
  const inPath = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
  if (inPath.status === 0) return inPath.stdout.trim()
  const folder = FOLDERS.at(-1)
  return folder === undefined ? undefined : join(folder, name)
}

/** Like `needs`, for PostgreSQL: skips the test, or fails with `CI=true`, if it is not installed. */
export function needsPostgres(): { skip?: string } {
  if (program('initdb') !== undefined || process.env['CI'] === 'true') return {}
  return { skip: 'PostgreSQL is not installed: apt-get install postgresql' }
}

/** A temporary database cluster on a loopback port, deleted with the test. */
export class Postgres {
  readonly folder: string
  readonly port: number
  readonly #settings: readonly string[]
  #server: ChildProcess | undefined

  private constructor(options: { folder: string; port: number; settings: readonly string[] }) {
    this.folder = options.folder
    this.port = options.port
    this.#settings = options.settings
  }

  /** Creates and starts the cluster, with additional settings such as `fsync=off`, and TLS with the given certificate. */
  static async start(
    settings: readonly string[] = [],
    tls?: { cert: string; key: string },
  ): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'dingtalk-receiver-pg-'))
    chmodSync(folder, 0o700)
    const owner = unprivileged()
    const ownedByServer = (path: string): string => {
      if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
      return path
    }
    const put = (name: string, text: string): string => {
      const path = join(folder, name)
      writeFileSync(path, text, { mode: 0o600 })
      return ownedByServer(path)
    }
    ownedByServer(folder)
    const password = put('password', PASSWORD)
    const encryption =
      tls === undefined
        ? []
        : [
            'ssl=on',
            `ssl_cert_file=${put('server.crt', tls.cert)}`,
            `ssl_key_file=${put('server.key', tls.key)}`,
          ]
    const all = [...settings, ...encryption]
    const postgres = new Postgres({ folder, port: await freePort(), settings: all })
    try {
      postgres.#run('initdb', [
        '--no-sync',
        '--encoding=UTF8',
        '--locale=C',
        '--username=receiver',
        '--auth=scram-sha-256',
        `--pwfile=${password}`,
        '-D',
        join(folder, 'data'),
      ])
      return await postgres.up()
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** The value of `store`. */
  get url(): string {
    return `postgres://receiver:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}/postgres`
  }

  get password(): string {
    return PASSWORD
  }

  /** Starts the server, also after `down`. */
  async up(): Promise<this> {
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      `port=${this.port}`,
      'max_connections=200',
      'shared_buffers=64MB',
      ...this.#settings,
    ]
    this.#server = this.#spawn('postgres', [
      '-D',
      join(this.folder, 'data'),
      ...settings.flatMap((each) => ['-c', each]),
    ])
    await until('PostgreSQL answers', () =>
      this.ask('SELECT 1').then(
        () => true,
        () => false,
      ),
    )
    return this
  }

  /** Stops the server: `immediate` like a crash, `fast` like an administrator. */
  async down(how: 'immediate' | 'fast' = 'immediate'): Promise<void> {
    const server = this.#server
    if (server === undefined || server.exitCode !== null) return
    const ended = once(server, 'exit')
    // The child may be a wrapper that runs it as another user and forwards signals.
    server.kill(how === 'immediate' ? 'SIGQUIT' : 'SIGINT')
    await ended
    this.#server = undefined
  }

  /** Runs one statement in the URL's database. */
  async ask<T extends object>(sql: string, url = this.url): Promise<T[]> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<T>(sql)).rows
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #run(name: string, args: readonly string[]): void {
    const [command, all] = this.#command(name, args)
    const { status, stderr } = spawnSync(command, all, { encoding: 'utf8', cwd: this.folder })
    if (status !== 0) throw new Error(`${name} failed: ${stderr}`)
  }

  #spawn(name: string, args: readonly string[]): ChildProcess {
    const [command, all] = this.#command(name, args)
    return spawn(command, all, { cwd: this.folder, stdio: 'ignore' })
  }

  /** PostgreSQL refuses to run as root. */
  #command(name: string, args: readonly string[]): [string, string[]] {
    const path = program(name) ?? name
    const user = unprivileged()
    if (user === undefined) return [path, [...args]]
    const as = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
    return ['setpriv', [...as, path, ...args]]
  }
}

/** The user that root switches to. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
