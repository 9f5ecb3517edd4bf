import { spawn } from 'node:child_process'
import { type App, startApp } from '../app.ts'
import { realClock, realTicks, SteadyClock } from '../clock.ts'
import { exampleCurl } from '../console/snippets.ts'
import { securityWarnings } from '../decisions/security-warnings.ts'
import { messageOf } from '../errors.ts'
import { createLog, type LogFormat, type LogLevel } from '../log.ts'
import { VERSION } from '../version.ts'
import { allowHeapGrowth } from './heap-tuning.ts'
import { type ConfigOptions, loaderOf } from './load.ts'

interface ServeOptions extends ConfigOptions {
  logLevel: LogLevel
  logFormat?: LogFormat
}

/** Runs the receiver until SIGTERM or SIGINT; a second signal ends it immediately, SIGHUP reloads. */
export async function serve(options: ServeOptions): Promise<number> {
  // Standard error, since log and greeting go there.
  const format = options.logFormat ?? (process.stderr.isTTY ? 'pretty' : 'json')
  const log = createLog({ level: options.logLevel, format })
  let endWith: (code: number) => void = () => {}
  const end = new Promise<number>((resolve) => {
    endWith = resolve
  })
  // State is on disk, so after an unexpected error a restart is safest.
  process.on('uncaughtException', (error) => {
    log.error('process.failed', { why: messageOf(error), stack: error.stack })
    endWith(1)
  })

  const clock = new SteadyClock(realTicks, realClock.sleep)
  const app = await startApp({
    load: await loaderOf(options),
    clock,
    log,
    onFailure: (part, why) => {
      log.error('process.ends', {
        part,
        why,
        words: 'this part cannot recover; restart the receiver',
      })
      endWith(1)
    },
  })
  allowHeapGrowth(true)
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) return endWith(1)
      stopping = true
      notifySystemd('STOPPING=1')
      app.stop(signal).then(
        () => endWith(0),
        (error) => {
          log.error('stop.failed', { why: messageOf(error) })
          endWith(1)
        },
      )
    })
  process.on('SIGHUP', () => void app.reload().catch(() => undefined))
  if (format === 'pretty') process.stderr.write(welcome(app))
  notifySystemd('READY=1')
  return end
}

/**
 * Reports a state of this process to systemd if a unit of `Type=notify` started it. Node.js has no Unix datagram sockets,
 * so the program systemd-notify sends it, and the unit needs `NotifyAccess=all`.
 */
function notifySystemd(state: 'READY=1' | 'STOPPING=1'): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return
  // If systemd-notify is missing, systemd reports a start timeout.
  spawn('systemd-notify', [state], { stdio: 'ignore' }).on('error', () => {})
}

function welcome(app: App): string {
  const { settings, file } = app.loaded()
  const first = [...settings.channels.keys()][0] as string
  const isSandboxOnly = [...settings.robots.values()].every(
    (robot) => robot.target.kind === 'sandbox',
  )
  const notes = securityWarnings(settings, realClock.now()).map(
    ({ explanation }) => `  Warning   ${explanation}\n`,
  )
  const where = file === undefined && isSandboxOnly ? SANDBOX_HINT : ''
  return `
DingTalk receiver ${VERSION} is running.

  Console   ${app.url}/
  Try it    ${exampleCurl(app.url, { channel: first, access: settings.access })}
${notes.join('')}${where}
`
}

const SANDBOX_HINT = `
  No configuration file was found, so alerts go to the built-in sandbox group; see it in the console.
  For a real robot, set DINGTALK_WEBHOOK (and DINGTALK_SECRET), or create dingtalk-receiver.yml.
`
