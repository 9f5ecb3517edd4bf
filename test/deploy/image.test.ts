import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, temporaryFolder, until } from '../support/receiver.ts'
import { textOf } from './manifests.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Instruction {
  word: string
  rest: string
}
interface Stage {
  name: string
  from: string
  steps: Instruction[]
}

/** The instructions of a Dockerfile, its continued lines joined. */
function instructionsOf(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({
      word: line.split(' ')[0] as string,
      rest: line.slice(line.indexOf(' ') + 1).trim(),
    }))
}

const instructions = instructionsOf(textOf('Dockerfile'))
const stages: Stage[] = []
for (const each of instructions) {
  if (each.word === 'FROM') {
    const [from = '', , name = 'final'] = each.rest.split(/\s+/)
    stages.push({ name, from, steps: [] })
  } else stages.at(-1)?.steps.push(each)
}
const final = stages.at(-1) as Stage
const of = (word: string): string[] =>
  final.steps.filter((each) => each.word === word).map((each) => each.rest)

/** True if the ignore file admits a path to the build; the last matching line decides. */
function isSent(path: string): boolean {
  let sent = true
  for (const line of textOf('Dockerfile.dockerignore').split('\n')) {
    const pattern = line.replace(/^!/, '')
    if (line === '' || line.startsWith('#')) continue
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`))
      sent = line.startsWith('!')
  }
  return sent
}

describe('the image', () => {
  test('copies only existing files of the build context', () => {
    for (const { steps } of stages)
      for (const { word, rest } of steps) {
        if (word !== 'COPY') continue
        const [source, ...others] = rest.split(/\s+/)
        if (source?.startsWith('--from=')) {
          const stage = source.slice('--from='.length)
          assert.ok(
            stages.some(({ name }) => name === stage),
            rest,
          )
          continue
        }
        for (const path of [source as string, ...others].slice(0, -1)) {
          assert.ok(existsSync(join(ROOT, path)), path)
          assert.ok(isSent(path), `${path} is ignored`)
        }
      }
  })

  test('has a build context without unneeded files', () => {
    for (const path of ['node_modules', '.git', 'data', 'dist', 'test', 'deploy', '.ci', 'x.env'])
      assert.ok(!isSent(path), path)
  })

  test('uses the Node.js version of the tests', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const major = devDependencies.node.split('.')[0]
    const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(textOf('Dockerfile')) ?? []
    assert.equal(image, `node:${major}-slim`)
    for (const { from } of stages) assert.equal(from, '${NODE_IMAGE}')
  })

  test('runs as a non-root user, from files that it cannot change', () => {
    const [user = ''] = of('USER')
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/)
    const last = final.steps.findLastIndex(({ word }) => word === 'COPY' || word === 'RUN')
    assert.ok(final.steps.findIndex(({ word }) => word === 'USER') > last)
    assert.ok(!final.steps.some(({ word, rest }) => word === 'COPY' && rest.includes('--chown')))
    assert.deepEqual(of('VOLUME'), ['/var/lib/dingtalk-receiver'])
    assert.equal(of('WORKDIR').at(-1), '/var/lib/dingtalk-receiver')
  })

  test('starts without a shell, so that signals reach the receiver', () => {
    for (const word of ['ENTRYPOINT', 'CMD']) {
      const [text = ''] = of(word)
      assert.ok(Array.isArray(JSON.parse(text)), text)
    }
  })

  test('built step by step, has no development dependency, runs, answers, is healthy and stops', async () => {
    using folder = temporaryFolder()
    const build = join(folder.path, 'build')
    const image = join(folder.path, 'image')
    mkdirSync(build)
    mkdirSync(image)
    const take = (path: string, to: string): void =>
      cpSync(join(ROOT, path), join(to, path), { recursive: true })

    for (const path of ['package.json', 'package-lock.json', '.npmrc']) take(path, image)
    const install = stages
      .find(({ name }) => name === 'packages')
      ?.steps.find(({ word }) => word === 'RUN')?.rest
    assert.match(install ?? '', /^npm ci --omit=dev --ignore-scripts /)
    const ran = spawnSync('sh', ['-c', `${install} --prefer-offline`], {
      cwd: image,
      encoding: 'utf8',
    })
    assert.equal(ran.status, 0, ran.stderr)
    for (const path of ['typescript', 'node', '@biomejs', '@types/node', 'kubernetes-models'])
      assert.ok(!existsSync(join(image, 'node_modules', path)), path)

    // This checkout replaces the build's npm ci.
    for (const path of ['package.json', 'tsconfig.json', 'src', 'deploy/build.ts'])
      take(path, build)
    symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'))
    const compile = stages[0]?.steps.findLast(({ word }) => word === 'RUN')?.rest as string
    const [program, ...args] = compile.split(' ')
    assert.equal(program, 'node')
    const compiled = spawnSync(process.execPath, args, { cwd: build, encoding: 'utf8' })
    assert.equal(compiled.status, 0, compiled.stdout)
    cpSync(join(build, 'dist'), join(image, 'dist'), { recursive: true })
    take('templates', image)
    assert.ok(globSync('dist/**/*.ts', { cwd: image }).length === 0)

    const home = join(folder.path, 'home')
    mkdirSync(home)
    const port = await freePort()
    /** Words of the image's command, as this machine runs it. */
    const placed = (words: readonly string[]): string[] => {
      const [program, ...rest] = words
      assert.equal(program, 'dingtalk-receiver')
      return [join(image, 'dist/main.js'), ...rest].map((text) =>
        text.replace('0.0.0.0:8060', `127.0.0.1:${port}`),
      )
    }
    const [entry = '', cmd = ''] = [of('ENTRYPOINT')[0], of('CMD')[0]]
    const words = placed([...JSON.parse(entry), ...JSON.parse(cmd)])
    const child = spawn(process.execPath, words, {
      cwd: home,
      env: { PATH: dirname(process.execPath), NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    try {
      const health = JSON.parse(of('HEALTHCHECK')[0]?.replace(/^.*? CMD /, '') ?? '') as string[]
      const isHealthy = (): boolean =>
        spawnSync(process.execPath, placed(health), { cwd: home, timeout: 10_000 }).status === 0
      await until('the image is healthy', isHealthy)
      const reply = await fetch(`http://127.0.0.1:${port}/alertmanager/ops`, {
        method: 'POST',
        body: '{"alerts":[{"status":"firing","labels":{"alertname":"HighLoad"}}]}',
      })
      assert.equal(await reply.text(), '{"errcode":0,"errmsg":"ok"}')
      const ended = new Promise((resolve) => child.on('exit', resolve))
      child.kill('SIGTERM')
      assert.equal(await ended, 0, output)
      assert.ok(existsSync(join(home, 'data/receiver.db')))
    } finally {
      child.kill('SIGKILL')
    }
  })
})
