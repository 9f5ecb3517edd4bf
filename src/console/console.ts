import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Eta } from 'eta'
import { DEMOS } from '../reporting/sandbox-demo.ts'
import { formattersOf, pathWith } from './format.ts'
import { type ConsoleWord, wordsOf } from './i18n.ts'
import {
  type BuiltPage,
  type PageContext,
  type PageRequest,
  type PageSources,
  THEMES,
} from './page.ts'

export interface ConsolePages {
  /** The page at a path, or undefined where there is none. */
  page(request: PageRequest): Promise<Html | undefined>
  /** Says what went wrong, on a page of the same looks. */
  failed(failure: { status: number; message: string }, request: PageRequest): Html
  /** Asks for the admin token, or says why nobody can sign in. */
  signIn(view: { kind: SignInKind; next: string; why: string }): string
  asset(name: string): { contentType: string; body: Buffer } | undefined
}

/** `not_local`: the console is for the machine itself; `refused`: for another reason, which `why` tells. */
export type SignInKind = 'ask' | 'wrong' | 'not_local' | 'refused'

export interface Html {
  status: number
  html: string
}

const ASSETS: ReadonlyMap<string, string> = new Map([
  ['console.css', 'text/css; charset=utf-8'],
  ['console.js', 'text/javascript; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
])

const NAVIGATION = [
  { path: '/', word: 'overview' },
  { path: '/messages', word: 'messages' },
  { path: '/alerts', word: 'alerts' },
  { path: '/playground', word: 'playground' },
  { path: '/sandbox', word: 'sandbox' },
  { path: '/setup', word: 'setup' },
] as const satisfies readonly { path: string; word: ConsoleWord }[]

/** What an action that led back here may have to say. */
const NOTICES: readonly ConsoleWord[] = [
  'resent',
  'tested',
  'nothingFires',
  ...DEMOS.map((name) => `played_${name}` as const),
]

/** The console's pages; every value that is printed is escaped for HTML. */
export function createConsole({
  folder,
  facts,
}: {
  folder: string
  facts: PageSources
}): ConsolePages {
  const eta = new Eta({ views: folder, cache: true, autoEscape: true })
  const render = (made: BuiltPage, context: PageContext): Html => ({
    status: made.status ?? 200,
    html: eta.render(made.template, viewOf(made, context)),
  })
  const contextOf = (request: PageRequest): PageContext => ({
    request,
    facts,
    words: wordsOf(facts.settings().language),
  })
  return {
    async page(request) {
      const context = contextOf(request)
      const made = await buildPage(context, folder)
      return made && render(made, context)
    },
    failed({ status, message: why }, request) {
      const context = contextOf(request)
      const title = context.words.t(status === 404 ? 'notFound' : 'failed')
      return render({ template: 'failed', active: '', title, status, view: { why } }, context)
    },
    signIn(view) {
      const { t, language } = wordsOf(facts.settings().language)
      return eta.render('sign-in', { ...view, t, lang: language })
    },
    asset(name) {
      const contentType = ASSETS.get(name)
      if (contentType === undefined) return undefined
      return { contentType, body: readFileSync(join(folder, name)) }
    },
  }
}

/** What a page's template prints, and what surrounds each page. */
function viewOf(made: BuiltPage, { request, facts, words }: PageContext): object {
  const now = facts.now()
  const { timezone, access } = facts.settings()
  const { notice, ...query } = request.query
  const said = NOTICES.find((each) => each === notice)
  return {
    ...formattersOf({ words, now, timezone }),
    ...made.view,
    with: pathWith,
    page: {
      title: made.title,
      active: made.active,
      navigation: NAVIGATION,
      here: pathWith(request.path, request.form === undefined ? query : {}),
      notice: said && words.t(said),
      theme: request.theme,
      nextTheme: THEMES[(THEMES.indexOf(request.theme) + 1) % THEMES.length],
      version: facts.version,
      signsOut: access.admin.token !== undefined,
      now: now.toISOString(),
    },
  }
}

/** The page at a path, or undefined. A receiver whose console nobody opens need not hold its pages. */
async function buildPage(context: PageContext, folder: string): Promise<BuiltPage | undefined> {
  const { path } = context.request
  switch (path) {
    case '/':
      return (await import('./pages/overview.ts')).overview(context)
    case '/messages':
      return (await import('./pages/messages.ts')).messages(context)
    case '/alerts':
      return (await import('./pages/alerts.ts')).alerts(context)
    case '/playground':
      return (await import('./pages/playground.ts')).playground(context, folder)
    case '/sandbox':
      return (await import('./pages/sandbox.ts')).sandbox(context)
    case '/setup':
      return (await import('./pages/setup.ts')).setup(context)
    default: {
      const id = /^\/messages\/([\w-]{1,64})$/.exec(path)?.[1]
      if (id === undefined) return undefined
      return (await import('./pages/messages.ts')).message(id, context)
    }
  }
}
