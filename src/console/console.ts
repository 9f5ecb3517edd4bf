import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import {
  type Html,
  type PageRequest,
  type Preferences,
  type RenderErrorPage,
  type SignInView,
  type SilenceForm,
  THEMES,
} from '../model/console-page.ts'
import type { Channel } from '../model/settings.ts'
import type { SilenceView } from '../pipeline/silencing.ts'
import { DEMOS } from '../reporting/sandbox-demo.ts'
import { errorText } from './explanations.ts'
import { formattersOf, pathWith } from './format.ts'
import { createFrameState, type FrameState } from './frame-state.ts'
import { type ConsoleWord, wordsOf } from './i18n.ts'
import type { BuiltPage, PageContext, PageSources } from './page.ts'
import { silencePage } from './pages/silence.ts'

export interface ConsolePages {
  /** Renders a page; undefined for an unknown path. */
  page(request: PageRequest): Promise<Html | undefined>
  errorPage: RenderErrorPage
  /** Renders the sign-in page, or the reason for refusal. */
  signIn(view: SignInView): string
  /** Renders the page behind a message's silence link, which is at `here`. */
  silence(view: SilenceView, form: SilenceForm, look: Preferences & { here: string }): string
  asset(name: string): { contentType: string; body: Buffer } | undefined
}

const ASSETS: ReadonlyMap<string, string> = new Map([
  ['lists.js', 'text/javascript; charset=utf-8'],
  ['console.css', 'text/css; charset=utf-8'],
  ['console.js', 'text/javascript; charset=utf-8'],
  ['chart.js', 'text/javascript; charset=utf-8'],
  ['playground.js', 'text/javascript; charset=utf-8'],
  ['idiomorph.js', 'text/javascript; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
  ['icon-paused.svg', 'image/svg+xml'],
  ['icon-bad.svg', 'image/svg+xml'],
])

/** Assets that come from an npm package. */
const PACKAGED: Readonly<Record<string, string>> = {
  'idiomorph.js': 'idiomorph/dist/idiomorph.min.js',
}

const NAVIGATION = [
  { path: '/', word: 'overview', icon: 'M4 13h6V4H4zm0 7h6v-5H4zm8 0h8v-9h-8zm0-16v5h8V4z' },
  {
    path: '/messages',
    word: 'messages',
    icon: 'M4 4h16v12H8l-4 4zm3 4v1.6h10V8zm0 3.4V13h7v-1.6z',
  },
  {
    path: '/alerts',
    word: 'alerts',
    icon: 'M12 3a6 6 0 0 0-6 6v4l-2 3v1h16v-1l-2-3V9a6 6 0 0 0-6-6zm-2.4 15a2.4 2.4 0 0 0 4.8 0z',
  },
  {
    path: '/playground',
    word: 'playground',
    icon: 'M8.6 7 3.5 12l5.1 5 1.3-1.4L6.3 12l3.6-3.6zm6.8 0-1.3 1.4 3.6 3.6-3.6 3.6 1.3 1.4 5.1-5z',
  },
  {
    path: '/sandbox',
    word: 'sandbox',
    icon: 'M9 3v6.2L4.2 17.5A2.3 2.3 0 0 0 6.2 21h11.6a2.3 2.3 0 0 0 2-3.5L15 9.2V3zm2 2h2v4.7l2 3.3H9l2-3.3z',
  },
  {
    path: '/setup',
    word: 'setup',
    icon: 'M7 3v5H5v4a5 5 0 0 0 5 5v4h4v-4a5 5 0 0 0 5-5V8h-2V3h-2v5H9V3z',
  },
] as const satisfies readonly { path: string; word: ConsoleWord; icon: string }[]

/** Paths of the pages that show numbers of the overview. */
const SHOWS_NUMBERS = /^\/(?:$|sandbox$|robots\/|channels\/)/

/** Notices that an action may show after its redirect. */
const NOTICES: readonly ConsoleWord[] = [
  'resent',
  'dismissed',
  'tested',
  'unmuted',
  'channelMuted',
  'noneChosen',
  'robotPaused',
  'robotResumed',
  'robotRuns',
  'nothingFires',
  ...DEMOS.map((name) => `played_${name}` as const),
]

/** Notices that contain a count, which is the parameter `n`. */
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
  const frameState = createFrameState(facts)
  const render = (page: BuiltPage, context: PageContext, frame: FrameState): Html => ({
    status: page.status ?? 200,
    html: eta.render(page.template, viewOf(page, context, frame)),
  })
  const contextOf = (request: PageRequest): PageContext => ({
    request,
    facts,
    words: wordsOf(request.language ?? facts.settings().language),
  })
  const standalone = ({ theme, language }: Preferences, channel?: Channel) => {
    const settings = facts.settings()
    const timezone = channel?.timezone ?? settings.timezone
    const words = wordsOf(language ?? channel?.language ?? settings.language)
    const formatters = formattersOf({ words, now: facts.now(), timezone })
    return { words, formatters, theme, timezone }
  }
  return {
    async page(request) {
      const context = contextOf(request)
      const showsNumbers = SHOWS_NUMBERS.test(request.path)
      const [page, frame] = await Promise.all([
        buildPage(context, folder),
        frameState(showsNumbers),
      ])
      return page && render(page, context, frame)
    },
    errorPage({ status, code, message }, request) {
      const context = contextOf(request)
      const title = context.words.t(status === 404 ? 'notFound' : 'failed')
      const view = errorText({ code, message }, context.words)
      const page = { template: 'failed', title, status, view }
      const mood = status >= 500 ? 'bad' : 'calm'
      return render(page, context, { mood, asOf: facts.now(), isCached: false })
    },
    signIn({ kind, next, code, why, ...look }) {
      const { words, formatters, theme } = standalone(look)
      const reason = errorText({ code, message: why }, words)
      const page = { theme, here: next, version: facts.version }
      return eta.render('sign-in', { kind, next, ...reason, ...formatters, page })
    },
    silence(view, form, { here, ...look }) {
      // A person who comes from a message expects its language, and the times that it names.
      const channel = 'channel' in view ? view.channel : undefined
      const { words, theme, timezone } = standalone(look, channel)
      const page = { theme, here, version: facts.version }
      const context = { words, now: facts.now(), timezone }
      return eta.render('silence', { ...silencePage(view, form, context), page })
    },
    asset: (name) => assetOf(name, folder),
  }
}

/** A static file from the console's folder or from a package. */
function assetOf(name: string, folder: string): ReturnType<ConsolePages['asset']> {
  const contentType = ASSETS.get(name)
  if (contentType === undefined) return undefined
  const packaged = PACKAGED[name]
  const path =
    packaged === undefined ? join(folder, name) : fileURLToPath(import.meta.resolve(packaged))
  return { contentType, body: readFileSync(path) }
}

/** The data of a page's template and of the layout. */
function viewOf(
  page: BuiltPage,
  { request, facts, words }: PageContext,
  { mood, asOf, isCached }: FrameState,
): object {
  const now = facts.now()
  const { timezone, access } = facts.settings()
  const {
    notice: _notice,
    n: _n,
    outdated: _outdated,
    at: pressedAt,
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
      ...{ mood, isCached },
      title: page.title,
      active: page.template === 'failed' ? undefined : activeEntry(request.path),
      navigation: NAVIGATION,
      here: pathWith(request.path, request.form === undefined ? query : {}),
      notice,
      // The overview shows the notice beside the button that was pressed.
      isNoticeBelow: page.template === 'overview' && pressedAt !== undefined,
      theme: request.theme,
      nextTheme: THEMES[(THEMES.indexOf(request.theme) + 1) % THEMES.length],
      version: facts.version,
      signsOut: access.admin.token !== undefined,
      now: now.toISOString(),
      asOf: formatters.short(asOf),
    },
  }
}

/** The path of the navigation entry that a page belongs to; robots and channels belong to the overview. */
function activeEntry(path: string): string {
  return NAVIGATION.find((entry) => entry.path !== '/' && path.startsWith(entry.path))?.path ?? '/'
}

/** The notice of the action that redirected to this page. */
function noticeIn(
  query: Readonly<Record<string, string>>,
  words: PageContext['words'],
): string | undefined {
  const { notice, n = '', outdated = '' } = query
  const plain = NOTICES.find((each) => each === notice)
  if (plain !== undefined) return words.t(plain)
  const counted = COUNTED_NOTICES.find((each) => each === notice)
  if (counted === undefined || !/^\d{1,9}$/.test(n)) return undefined
  const text = words.n(counted, Number(n))
  return /^\d{1,9}$/.test(outdated) ? `${text} ${words.n('outdatedN', Number(outdated))}` : text
}

/** Builds the page at a path; undefined for an unknown path. Pages are imported on demand, which saves memory. */
async function buildPage(context: PageContext, folder: string): Promise<BuiltPage | undefined> {
  const { path } = context.request
  switch (path) {
    case '/':
      return (await import('./pages/overview.ts')).overview(context)
    case '/messages':
      return (await import('./pages/messages.ts')).messages(context)
    case '/messages/actions':
      return (await import('./pages/messages.ts')).bulkPage(context)
    case '/alerts':
      return (await import('./pages/alerts.ts')).alerts(context)
    case '/playground':
      return (await import('./pages/playground.ts')).playground(context, folder)
    case '/sandbox':
      return (await import('./pages/sandbox.ts')).sandbox(context)
    case '/setup':
      return (await import('./pages/setup.ts')).setup(context)
    default:
      return buildNamed(context)
  }
}

/** The page of one message, alert, robot or channel. */
async function buildNamed(context: PageContext): Promise<BuiltPage | undefined> {
  const [, kind, rest = ''] = /^\/(\w+)\/([^/]{1,600})$/.exec(context.request.path) ?? []
  const name = decoded(rest)
  switch (kind) {
    case 'messages':
      if (!/^[\w-]{1,64}$/.test(name)) return undefined
      return (await import('./pages/messages.ts')).message(name, context)
    case 'alerts':
      if (!/^\d{1,15}$/.test(name)) return undefined
      return (await import('./pages/alert.ts')).alertPage(name, context)
    case 'robots':
      return (await import('./pages/robot.ts')).robotPage(name, context)
    case 'channels':
      return (await import('./pages/channel.ts')).channelPage(name, context)
    default:
      return undefined
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
