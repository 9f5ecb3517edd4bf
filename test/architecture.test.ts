import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SRC = fileURLToPath(new URL('../src', import.meta.url))

/**
 * Each room and the rooms from which it may import, besides itself, the leaves and `model`. A port is given by its
 * file.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'main.ts': ['cli'],
  'sqlite-worker.ts': ['stores', 'decisions'],
  cli: [
    'app.ts',
    'config',
    'console',
    'decisions',
    'http/own-receiver.ts',
    'http/post.ts',
    'notifiers',
    'pipeline',
    'rendering',
    'reporting',
    'sandbox',
    'simulation',
    'sources',
    'stores/transfer.ts',
    'stores/index.ts',
  ],
  'build-silencing.ts': ['alertmanagers', 'config', 'notifiers', 'pipeline', 'stores'],
  'open-store.ts': ['decisions', 'pipeline', 'stores'],
  'reload.ts': ['config', 'decisions', 'rendering'],
  'receiver.ts': ['build-silencing.ts', 'notifiers', 'pipeline', 'rendering', 'sources', 'stores'],
  'web.ts': [
    'receiver.ts',
    'reload.ts',
    'console',
    'http',
    'notifiers',
    'rendering',
    'reporting',
    'sandbox',
    'sources',
    'stores',
  ],
  'app.ts': [
    'open-store.ts',
    'receiver.ts',
    'reload.ts',
    'web.ts',
    'config',
    'http',
    'notifiers',
    'reporting',
    'sandbox',
  ],
  simulation: [
    'receiver.ts',
    'decisions',
    'notifiers',
    'pipeline',
    'rendering',
    'reporting',
    'sandbox',
    'stores',
  ],
  http: ['pipeline', 'reporting', 'sources/source.ts', 'stores/store.ts', 'stores/queries.ts'],
  console: ['pipeline', 'reporting', 'stores/store.ts', 'stores/queries.ts'],
  reporting: [
    'decisions',
    'pipeline',
    'rendering',
    'sources/source.ts',
    'notifiers/notifier.ts',
    'stores/store.ts',
    'stores/queries.ts',
    'stores/incoming.ts',
  ],
  pipeline: [
    'alertmanagers/silence-api.ts',
    'decisions',
    'rendering',
    'sources/source.ts',
    'notifiers/notifier.ts',
    'stores/store.ts',
    'stores/multi-process.ts',
    'stores/assignments.ts',
    'stores/queries.ts',
    'stores/incoming.ts',
  ],
  config: [],
  sources: [],
  notifiers: [],
  alertmanagers: [],
  stores: [],
  decisions: [],
  rendering: [],
  sandbox: [],
  model: [],
}

const LEAVES = [
  'clock.ts',
  'time-slices.ts',
  'large-reads.ts',
  'errors.ts',
  'log.ts',
  'redact.ts',
  'suggestion.ts',
  'metrics.ts',
  'events.ts',
  'version.ts',
]

/** Each package and the only rooms that may import it. */
const OWNERS: Record<string, readonly string[]> = {
  express: ['http'],
  helmet: ['http'],
  bcryptjs: ['http'],
  undici: ['notifiers'],
  ajv: ['config'],
  yaml: ['config'],
  re2js: ['config', 'rendering'],
  'fastest-levenshtein': ['suggestion.ts'],
  'json-schema-to-ts': ['config'],
  'node:sqlite': ['stores'],
  pg: ['stores'],
  'node:worker_threads': ['stores', 'sqlite-worker.ts', 'http'],
  'node:http': ['http', 'app.ts'],
  'node:https': ['http'],
  'ipaddr.js': ['config'],
  eta: ['rendering', 'console'],
  'markdown-it': ['console'],
  'prom-client': ['metrics.ts'],
  winston: ['log.ts'],
  commander: ['cli'],
  luxon: ['sources', 'decisions', 'rendering', 'console', 'config'],
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }))

/** The folder directly below src/, or the file there. */
function roomOf(path: string): string {
  return path.split('/')[0] as string
}

function importsOf(text: string): { from: string; typeOnly: boolean; late: boolean }[] {
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gms,
  )
  return [...found].map(([, type, from, dynamic]) => ({
    from: (from ?? dynamic) as string,
    typeOnly: type !== undefined,
    late: dynamic !== undefined,
  }))
}

/** The real clock, and that of simulations, which yields to other pending work. */
const CLOCKS = ['clock.ts', 'simulation/virtual-clock.ts']

describe('the architecture', () => {
  test('every room imports only from its permitted rooms', () => {
    const wrong: string[] = []
    for (const { path, text } of files)
      for (const { from } of importsOf(text)) {
        if (!from.startsWith('.')) continue
        const target = relative(SRC, resolve(SRC, dirname(path), from))
        const [here, there] = [roomOf(path), roomOf(target)]
        if (here === there) continue
        const known = MAY_IMPORT[here] ?? (LEAVES.includes(here) ? [] : undefined)
        if (known === undefined) wrong.push(`${path} is in no known room`)
        else if (![...known, 'model', ...LEAVES].some((each) => each === there || each === target))
          wrong.push(`${path} imports ${target}`)
      }
    assert.deepEqual(wrong, [])
  })

  test('no files import each other in a circle, including types', () => {
    const circles: string[] = []
    const done = new Set<string>()
    const follow = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '))
      if (done.has(path)) return
      done.add(path)
      const text = files.find((each) => each.path === path)?.text ?? ''
      for (const { from } of importsOf(text))
        if (from.startsWith('.'))
          follow(relative(SRC, resolve(SRC, dirname(path), from)), [...way, path])
    }
    for (const { path } of files) follow(path, [])
    assert.deepEqual(circles, [])
  })

  test('the model imports only itself', () => {
    const wrong = files
      .filter(({ path }) => roomOf(path) === 'model')
      .flatMap(({ path, text }) =>
        importsOf(text)
          .filter(({ from }) => !from.startsWith('./'))
          .map(({ from }) => `${path} imports ${from}`),
      )
    assert.deepEqual(wrong, [])
  })

  test('implementations of one port never import each other', () => {
    const wrong: string[] = []
    for (const { path, text } of files) {
      const [port, own] = path.split('/')
      if (
        !['sources', 'notifiers', 'stores'].includes(port as string) ||
        !path.includes('/', (port as string).length + 1)
      )
        continue
      for (const { from } of importsOf(text)) {
        if (!from.startsWith('.')) continue
        const target = relative(SRC, resolve(SRC, dirname(path), from)).split('/')
        // Code that all implementations of a port share: the SQL of both databases, the readers of JSON and text.
        if (['stores/sql', 'sources/parsing'].includes(`${target[0]}/${target[1]}`)) continue
        if (target[0] === port && target.length > 2 && target[1] !== own)
          wrong.push(`${path} imports ${target.join('/')}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('each package is imported only by its owner', () => {
    const wrong: string[] = []
    for (const { path, text } of files)
      for (const { from } of importsOf(text)) {
        const owners = OWNERS[from.startsWith('node:') ? from : (from.split('/')[0] as string)]
        if (owners !== undefined && !owners.includes(roomOf(path)))
          wrong.push(`${path} imports ${from}`)
        if (owners === undefined && !from.startsWith('.') && !from.startsWith('node:'))
          wrong.push(`${path} imports ${from}, which has no owner`)
      }
    assert.deepEqual(wrong, [])
  })

  test('node:http is imported for its types only, because the module itself loads all of fetch', () => {
    const wrong = files
      .filter(({ text }) =>
        importsOf(text).some(({ from, typeOnly }) => from === 'node:http' && !typeOnly),
      )
      .map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })

  test('a start does not load what it may never use', () => {
    const loaded = new Set<string>()
    const follow = (path: string): void => {
      if (loaded.has(path)) return
      loaded.add(path)
      const text = files.find((each) => each.path === path)?.text ?? ''
      // What app.ts imports late is loaded at every start, beside the store's thread.
      for (const { from, typeOnly, late } of importsOf(text))
        if (!typeOnly && (!late || path === 'app.ts'))
          follow(from.startsWith('.') ? relative(SRC, resolve(SRC, dirname(path), from)) : from)
    }
    follow('cli/serve.ts')
    for (const path of ['app.ts', 'pipeline/accept.ts', 'winston'])
      assert.ok(loaded.has(path), path)
    const rare = ['undici', 'markdown-it', 'pg', 'simulation/harness.ts']
    assert.deepEqual(
      rare.filter((each) => loaded.has(each)),
      [],
    )
  })

  test('only the clock touches real time', () => {
    const realTime =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.now\b|\bhrtime\b|\bDateTime\.(?:now|local|utc)\(\s*\)|node:timers/
    const wrong = files
      .filter(({ path, text }) => !CLOCKS.includes(path) && realTime.test(withoutComments(text)))
      .map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })

  test('only main ends the process', () => {
    const wrong = files
      .filter(
        ({ path, text }) => path !== 'main.ts' && /\bprocess\.exit\b/.test(withoutComments(text)),
      )
      .map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })

  test('no module keeps state in a module variable', () => {
    const wrong = files
      .filter(({ text }) => /^(?:export )?let /m.test(text))
      .map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })

  test('a file has one subject: none is longer than 400 lines', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path)
    assert.deepEqual(long, [])
  })

  test('a function has one subject: none is longer than 60 lines', () => {
    const long = files.flatMap(({ path, text }) =>
      functionsIn(text)
        .filter(({ lines }) => lines > 60)
        .map(({ head, lines }) => `${path}: ${lines} lines: ${head}`),
    )
    assert.deepEqual(long, [])
    const all = files.flatMap(({ text }) => functionsIn(text))
    assert.ok(all.length > files.length, 'functions are found')
    assert.ok(all.some(({ lines }) => lines > 40))
  })

  test('names come from the vocabulary', () => {
    const banned =
      /(?:^|[/-])(?:utils?|handler|manager|service|helpers?|processor|data|info|common|misc)(?:\.|-|\/)/
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => banned.test(path)),
      [],
    )
  })
})

/**
 * Functions of several lines with their number of lines. The formatter puts the closing bracket on the first later line
 * with the same indentation as the head.
 */
function functionsIn(text: string): { head: string; lines: number }[] {
  const lines = text.split('\n')
  return lines.flatMap((line, last) => {
    if (!line.endsWith('{')) return []
    const indentation = line.slice(0, line.search(/\S/))
    const begins = (each: string): boolean =>
      each.startsWith(indentation) && /^[^\s)}\]]/.test(each.slice(indentation.length))
    const first = lines.findLastIndex((each, index) => index <= last && begins(each))
    const head = lines
      .slice(first, last + 1)
      .join(' ')
      .trim()
    const isFunction =
      /=> \{$|\bfunction\b/.test(head) ||
      (/^(?:(?:async|static|get|set) )*[\w#*]+\(.*\)(?:: .+)? \{$/.test(head) &&
        !/^(?:if|for|while|switch|catch|do|else)\b/.test(head))
    if (!isFunction) return []
    const end = lines.findIndex((each, index) => index > last && each.startsWith(`${indentation}}`))
    return [{ head, lines: end - first + 1 }]
  })
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
