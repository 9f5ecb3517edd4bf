import type { AddressInfo } from 'node:net'
import { type Clock, realClock } from '../../src/clock.ts'
import { readMatchers } from '../../src/config/matchers.ts'
import { createEvents } from '../../src/events.ts'
import { createAccessControl } from '../../src/http/access-control.ts'
import { type Compare, createBcrypt } from '../../src/http/bcrypt.ts'
import { createKnownUsers } from '../../src/http/known-users.ts'
import type { ServerLimits } from '../../src/http/listener.ts'
import { createLoginThrottle } from '../../src/http/login-throttle.ts'
import { createHttpServer, type ServerDeps } from '../../src/http/server.ts'
import { createMetrics, exposed } from '../../src/metrics.ts'
import type { Access } from '../../src/model/access.ts'
import { NO_END_MS } from '../../src/model/pause.ts'
import type { Settings } from '../../src/model/settings.ts'
import { ChangeFeed } from '../../src/reporting/change-feed.ts'
import { sources } from '../../src/sources/index.ts'
import { accessOf, settingsOf } from '../support/settings.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

const OUTCOME = {
  channel: 'ops',
  robot: 'ops-1',
  state: 'sent',
  result: 'ok',
  errcode: 0,
  errmsg: 'ok',
  words: 'DingTalk accepted it.',
} as const

/** Actions that find nothing to do. */
export const NO_ACTIONS: ServerDeps['actions'] = {
  resend: async () => {},
  resendAll: async () => ({ resent: 0, outdated: 0, hasMore: false }),
  dismissAll: async () => 0,
  pause: async (_robot, { until }) => until ?? new Date(NO_END_MS),
  resume: async () => [],
  lastAt: () => undefined,
}

export interface Logged {
  name: string
  fields: Record<string, unknown>
}

/** A server with real access control before fake parts. */
export async function serve({
  access = {},
  settings = {},
  clock = realClock,
  limits,
  compare = createBcrypt(),
  deps = {},
}: {
  access?: Partial<Access>
  settings?: Partial<Settings>
  clock?: Clock
  limits?: ServerLimits
  compare?: Compare
  deps?: Partial<ServerDeps>
} = {}) {
  const accepted: { source: string; channel: string; body: string | Uint8Array }[] = []
  const logged: Logged[] = []
  const state = { settings: settingsOf({}, { access: accessOf(access), ...settings }) }
  const checks = {
    throttle: createLoginThrottle(clock),
    knownUsers: createKnownUsers({ clock, compare }),
  }
  const metrics = createMetrics({ version: '1', node: 'v' })
  const write =
    (_level: string) =>
    (name: string, fields: object = {}): void =>
      void logged.push({ name, fields: { ...fields } })
  const log = { ...SILENT, debug: write('debug'), info: write('info'), warn: write('warn') }
  const server = createHttpServer(
    {
      accept: async (inbound) => {
        accepted.push(inbound)
        return inbound.source
      },
      sources,
      settings: () => state.settings,
      events: createEvents(log, metrics),
      clock,
      guard: () => createAccessControl(state.settings, checks),
      signInPage: ({ kind, next }) => `<p>${kind} ${next}`,
      open: () => true,
      ready: () => true,
      reload: async () => {},
      store: { message: async () => undefined },
      search: {
        store: {
          messages: async () => ({ items: [], next: null }),
          alerts: async () => ({ items: [], next: null }),
        },
        variablesOf: async () => [],
        readMatchers,
        now: () => clock.now(),
        maxSearchMs: 1_000,
      },
      status: async () => ({ version: '1' }) as never,
      onCall: (at) => ({ at: at?.toISOString() ?? 'now', rotas: {} }),
      mute: async () => '1',
      unmute: async () => 1,
      muteFor: async () => '1',
      silencing: {
        view: async () => ({ kind: 'wrong' }),
        create: async () => ({ kind: 'done' }),
        end: async () => ({ kind: 'done' }),
      },
      silencePage: (view) => `<p>${view.kind}`,
      variablesOf: async () => [],
      sandbox: () => [],
      preview: async (request) => [request],
      test: async () => ['1'],
      testRobot: async () => ['1'],
      outcomes: async (ids) => ids.map((id) => ({ ...OUTCOME, id })),
      actions: NO_ACTIONS,
      metrics: (openMetrics) => exposed(metrics, openMetrics),
      page: async ({ path }) =>
        path === '/' ? { status: 200, html: '<p>the console' } : undefined,
      errorPage: ({ status, message }) => ({ status, html: `<p>${status} ${message}` }),
      changes: new ChangeFeed(clock),
      playDemo: async () => true,
      asset: () => undefined,
      unexpectedError: (path, error) =>
        void logged.push({ name: 'unexpectedError', fields: { path, error } }),
      ...deps,
    },
    { tls: state.settings.access.tls, ...(limits === undefined ? {} : { limits }) },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `${state.settings.access.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return {
    server,
    port,
    url,
    accepted,
    logged,
    metrics,
    /** Changes the settings, as a reload does. */
    use: (changes: Partial<Access>) => {
      state.settings = { ...state.settings, access: accessOf(changes) }
    },
    ask,
    post: (path: string, headers: Record<string, string> = {}, body = '{}') =>
      ask(path, { method: 'POST', headers, body }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
