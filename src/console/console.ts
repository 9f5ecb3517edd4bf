import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Eta } from 'eta'
import { DateTime } from 'luxon'
import type { Access, Credential } from '../model/access.ts'
import type { Language, Settings } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import { alertsJson, messageJson, type StatusJson } from '../pipeline/shape.ts'
import type { Store, StoredAlert, StoredPayload } from '../stores/store.ts'
import { markdownToHtml } from './markdown.ts'
import { consoleWords } from './words.ts'

export interface ConsolePages {
  /** The HTML of the page at a path, or undefined where there is none. */
  page(path: string, facts: Facts): Promise<string | undefined>
  /** Asks for the admin token, or says why nobody can sign in. */
  signIn(view: { kind: SignInKind; next: string; why: string }): string
  asset(name: string): { contentType: string; body: Buffer } | undefined
}

/** Where the pages get what they show. */
export interface Facts {
  store: Pick<Store, 'messages' | 'message'>
  status: () => Promise<StatusJson>
  variablesOf: (
    alerts: readonly StoredAlert[],
    payloads: ReadonlyMap<number, StoredPayload>,
  ) => Variables[]
  sandbox: () => unknown[]
  settings: () => Settings
  /** Of this receiver, for the example. */
  url: string
}

/** `not_local`: the console is for the machine itself; `refused`: for another reason, which `why` tells. */
export type SignInKind = 'ask' | 'wrong' | 'not_local' | 'refused'

const RECENT_MESSAGES = 50

const ASSETS: ReadonlyMap<string, string> = new Map([['console.css', 'text/css; charset=utf-8']])

/** The console's pages; every value that is printed is escaped for HTML. */
export function createConsole(options: {
  folder: string
  language: () => Language
  timezone: () => string
}): ConsolePages {
  const eta = new Eta({ views: options.folder, cache: true, autoEscape: true })
  const render = (page: string, view: object): string => {
    const language = options.language()
    const at = (iso: string | null): string =>
      iso === null
        ? ''
        : DateTime.fromISO(iso, { zone: options.timezone() }).toFormat('yyyy-MM-dd HH:mm:ss')
    return eta.render(page, {
      ...view,
      t: consoleWords(language),
      lang: language,
      at,
      md: markdownToHtml,
    })
  }
  return {
    async page(path, facts) {
      const id = /^\/messages\/([\w-]{1,64})$/.exec(path)?.[1]
      if (path === '/') return render('overview', await overview(facts))
      const view = id === undefined ? undefined : await message(id, facts)
      return view && render('message', view)
    },
    signIn: (view) => render('sign-in', view),
    asset(name) {
      const contentType = ASSETS.get(name)
      if (contentType === undefined) return undefined
      return { contentType, body: readFileSync(join(options.folder, name)) }
    },
  }
}

async function overview({ store, status, sandbox, settings, url }: Facts): Promise<object> {
  const now = await status()
  const { items } = await store.messages({ limit: RECENT_MESSAGES })
  const { robots, channels } = settings()
  const usesSandbox = [...robots.values()].some((robot) => robot.target.kind === 'sandbox')
  const { access } = settings()
  const curl = exampleCurl(url, { channel: [...channels.keys()][0] as string, access })
  return {
    status: now,
    version: now.version,
    messages: items.map(messageJson),
    sandbox: usesSandbox ? sandbox() : null,
    curl,
  }
}

async function message(
  id: string,
  { store, status, settings, variablesOf }: Facts,
): Promise<object | undefined> {
  const found = await store.message(id)
  if (found === undefined) return undefined
  const alerts = alertsJson(found.alerts, variablesOf(found.alerts, found.payloads))
  const { version } = await status()
  const plain = settings().channels.get(found.message.channel)?.format === 'text'
  return { version, plain, message: { ...messageJson(found.message), alerts } }
}

/** A command that posts one alert to a channel, ready to paste but for the secrets, which it names only. */
export function exampleCurl(
  url: string,
  { channel, access }: { channel: string; access: Access },
): string {
  const payload = {
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'HighLoad', severity: 'critical', instance: 'db-1' },
        annotations: { summary: 'The load is 42' },
      },
    ],
  }
  const options = [...credentialOptions(access.auth[0]), ...certificateOptions(access)]
  return [
    'curl',
    `${url}/alertmanager/${channel}`,
    ...options,
    `-d '${JSON.stringify(payload)}'`,
  ].join(' ')
}

function credentialOptions(credential: Credential | undefined): string[] {
  switch (credential?.kind) {
    case 'bearer':
      return ['-H "Authorization: Bearer $TOKEN"']
    case 'basic':
      return [`-u '${credential.username.replaceAll("'", "'\\''")}'`]
    case 'header':
      return [`-H "${credential.name}: $TOKEN"`]
    case undefined:
      return []
  }
}

function certificateOptions({ tls }: Access): string[] {
  return tls?.clientCa === undefined ? [] : ['--cert client.crt --key client.key']
}
