import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Eta } from 'eta'
import type { SilenceView } from '../pipeline/silencing.ts'
import { DEMOS } from '../reporting/sandbox-demo.ts'
import { errorText } from './explanations.ts'
import { formattersOf, pathWith } from './format.ts'
import { type ConsoleWord, wordsOf } from './i18n.ts'
import {
  type BuiltPage,
  type PageContext,
  type PageRequest,
  type PageSources,
  THEMES,
} from './page.ts'
import { type SilenceForm, silencePage } from './pages/silence.ts'

export interface ConsolePages {
  /** Renders a page; undefined if there is none at that path. */
  page(request: PageRequest): Promise<Html | undefined>
  /** Renders an error page. */
  failed(failure: { status: number; code: string; message: string }, request: PageRequest): Html
  /** Renders the sign-in page, or the reason for refusal. */
  signIn(view: { kind: SignInKind; next: string; code: string; why: string }): string
  /** Renders the page behind a message's silence link. */
  silence(view: SilenceView, form: SilenceForm): string
  asset(name: string): { contentType: string; body: Buffer } | undefined
}

/** `not_local`: only this machine has access; `refused`: another reason, in `why`. */
export type SignInKind = 'ask' | 'wrong' | 'not_local' | 'refused'

export interface Html {
  status: number
  html: string
}

const ASSETS: ReadonlyMap<string, string> = new Map([
  ['console.css', 'text/css; charset=utf-8'],
  ['console.js', 'text/javascript; charset=utf-8'],
  ['chart.js', 'text/javascript; charset=utf-8'],
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

/** Notices that an action may show after its redirect. */
const NOTICES: readonly ConsoleWord[] = [
  'resent',
  'dismissed',
  'tested',
  'unmuted',
  'noneChosen',
  'robotPaused',
  'robotResumed',
  'robotRuns',
  'channelMuted',
  'nothingFires',
  ...DEMOS.map((name) => `played_${name}` as const),
]

/** The same with a count, which `n` of the query is. */
const COUNTED_NOTICES: readonly ConsoleWord[] = ['resentN', 'dismissedN']

/** Creates the console's pages; every printed value is escaped for HTML. */
export function createConsole({
  folder,
  facts,
}: {
  folder: string
  facts: PageSources
}): ConsolePages {
  const eta = new Eta({ views: folder, cache: true, autoEscape: true })
  const render = (page: BuiltPage, context: PageContext): Html => ({
    status: page.status ?? 200,
    html: eta.render(page.template, viewOf(page, context)),
  })
  const contextOf = (request: PageRequest): PageContext => ({
    request,
    facts,
    words: wordsOf(facts.settings().language),
  })
  return {
    async page(request) {
      const context = contextOf(request)
      const page = await buildPage(context, folder)
      return page && render(page, context)
    },
    failed({ status, code, message }, request) {
      const context = contextOf(request)
      const title = context.words.t(status === 404 ? 'notFound' : 'failed')
      const view = errorText({ code, message }, context.words)
      return render({ template: 'failed', active: '', title, status, view }, context)
    },
    signIn({ kind, next, code, why }) {
      const words = wordsOf(facts.settings().language)
      const reason = errorText({ code, message: why }, words)
      return eta.render('sign-in', { kind, next, ...reason, t: words.t, lang: words.language })
    },
    silence(view, form) {
      const { language, timezone } = facts.settings()
      const context = { words: wordsOf(language), now: facts.now(), timezone }
      return eta.render('silence', silencePage(view, form, context))
    },
    asset(name) {
      const contentType = ASSETS.get(name)
      if (contentType === undefined) return undefined
      return { contentType, body: readFileSync(join(folder, name)) }
    },
  }
}

/** The data of a page's template and of the layout. */
function viewOf(page: BuiltPage, { request, facts, words }: PageContext): object {
  const now = facts.now()
  const { timezone, access } = facts.settings()
  const {
    notice: _notice,
    n: _n,
    outdated: _outdated,
    at: saidAt,
    ran: _ran,
    ...query
  } = request.query
  const notice = noticeIn(request.query, words)
  const formatters = formattersOf({ words, now, timezone })
  return {
    ...formatters,
    ...page.view,
    with: pathWith,
    page: {
      title: page.title,
      active: page.active,
      navigation: NAVIGATION,
      here: pathWith(request.path, request.form === undefined ? query : {}),
      notice,
      // The overview says it in the card or row in which it was pressed.
      isSaidBelow: page.template === 'overview' && saidAt !== undefined,
      theme: request.theme,
      nextTheme: THEMES[(THEMES.indexOf(request.theme) + 1) % THEMES.length],
      version: facts.version,
      signsOut: access.admin.token !== undefined,
      now: now.toISOString(),
      asOf: formatters.short(now),
    },
  }
}

/** What an action says that led here. */
function noticeIn(
  query: Readonly<Record<string, string>>,
  words: PageContext['words'],
): string | undefined {
  const { notice, n = '', outdated = '' } = query
  const plain = NOTICES.find((each) => each === notice)
  if (plain !== undefined) return words.t(plain)
  const counted = COUNTED_NOTICES.find((each) => each === notice)
  if (counted === undefined || !/^\d{1,9}$/.test(n)) return undefined
  const said = words.n(counted, Number(n))
  return /^\d{1,9}$/.test(outdated) ? `${said} ${words.n('outdatedN', Number(outdated))}` : said
}

/** Builds the page at a path; undefined if there is none. Pages are loaded on demand, which saves memory. */
async function buildPage(context: PageContext, folder: string): Promise<BuiltPage | undefined> {
  const { path } = context.request
  switch (path) {
    case '/':
      return (await import('./pages/overview.ts')).overview(context)
    case '/messages':
      return (await import('./pages/messages.ts')).messages(context)
    case '/messages/actions':
      return (await import('./pages/bulk.ts')).bulkPage(context)
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
