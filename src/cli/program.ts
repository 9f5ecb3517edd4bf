import { Command, CommanderError, Option } from 'commander'
import { AppError, messageOf } from '../errors.ts'
import { conceal, redact } from '../redact.ts'
import { versionText } from '../version.ts'
import { readEnvFile } from './env-file.ts'
import { withKnownFlags } from './flags.ts'
import { allowHeapGrowth } from './heap-tuning.ts'

const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2

/** Adds the options that decide the configuration; only `serve` and `check` explain those of Prometheus' software. */
function withConfig(command: Command): Command {
  const isShown = ['serve', 'check'].includes(command.name())
  command.option(
    '--config <file>',
    'configuration file (default: $DINGTALK_RECEIVER_CONFIG, then ./dingtalk-receiver.yml, then the sandbox)',
  )
  for (const [flags, description] of [
    [
      '--web.config.file <file>',
      "TLS and users, in the format of Prometheus' exporter-toolkit (default: $DINGTALK_RECEIVER_WEB_CONFIG)",
    ],
    ['--web.external-url <url>', 'public address of the console; overrides external_url'],
    ['--storage.path <folder>', 'folder for receiver.db; overrides an SQLite store'],
  ] as const)
    command.addOption(new Option(flags, description).hideHelp(!isShown))
  if (!isShown)
    command.addHelpText('after', '\nAlso: --web.config.file, --web.external-url, --storage.path')
  return command
}

/**
 * Runs a command line and returns the exit code: 0 done, 1 a failure (explained on standard error), 2 wrong usage, 3 done
 * in part. Each command is loaded on demand, because a script channel calls `send` for each alert.
 */
export async function run(argv: readonly string[]): Promise<number> {
  let code = DONE
  const program = programOf((given) => {
    code = given
  })
  try {
    const rest = readEnvFile(argv, process.env)
    await assertKnownCommand(rest, program)
    await program.parseAsync(withKnownFlags(rest), { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE
    return explain(error)
  }
}

/** Defines the command line; the manual page and the completions are generated from it. */
export function programOf(end: End = () => {}): Command {
  const program = new Command('dingtalk-receiver')
    .description(
      "Delivers Alertmanager and OceanBase OCP alerts to DingTalk groups, within the robots' limits, without loss or duplicates.",
    )
    .version(versionText(), '-v, --version', 'print the version')
    .option('--env-file <file>', 'load NAME=value lines into the environment (any command)')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showHelpAfterError('(see --help)')
    .configureHelp({ sortSubcommands: false })
    .configureOutput({ outputError: (text, write) => write(withoutValues(text)) })
    .exitOverride()
  addServe(program, end)
  addTrials(program, end)
  addSend(program, end)
  addTools(program, end)
  addInquiries(program, end)
  return program.addHelpText('after', EXAMPLES)
}

/** An error about arguments, with the names of options but without their values, any of which may be a secret. */
function withoutValues(text: string): string {
  return conceal(text.replace(/'(-[^'=]*)=.*'/s, "'$1'"))
}

/** Receives the exit code of a command. */
type End = (code: number) => void

/** Adds the command that runs the receiver. */
function addServe(program: Command, end: End): void {
  withConfig(program.command('serve', { isDefault: true }))
    .description('run the receiver (the default command)')
    .option('--listen <host:port>', 'address to listen on (default: 127.0.0.1:8060)')
    .addOption(
      new Option('--log-level <level>', 'lowest level to log')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        'log format (default: pretty on a terminal, else json)',
      ).choices(['json', 'logfmt', 'pretty']),
    )
    .addOption(new Option('--ding.profile <name=url>').argParser(collect).hideHelp())
    .addOption(new Option('--ding.timeout <duration>').hideHelp())
    .addOption(new Option('--template.file <file>').hideHelp())
    .addHelpText('after', ALIASES)
    .action(async (options) => {
      allowHeapGrowth(false)
      const { serve } = await import('./serve.ts')
      end(await serve(options))
    })
}

/** Adds the commands that check and try out a configuration. */
function addTrials(program: Command, end: End): void {
  withConfig(program.command('check'))
    .description('validate the configuration and every template, without starting the receiver')
    .action(async (options) => end(await (await import('./check.ts')).check(options)))
  withConfig(program.command('test <name>'))
    .description(
      "send a test message to a robot or channel and print DingTalk's verdict; each group costs one call",
    )
    .action(async (name, options) => end(await (await import('./test.ts')).test(name, options)))
  withConfig(program.command('probe <robot>'))
    .description('post a few messages to a robot to test undocumented behavior of DingTalk')
    .option('--yes', 'post without asking')
    .action(async (robot, options) => end(await (await import('./probe.ts')).probe(robot, options)))
  withConfig(program.command('render <channel>'))
    .description('print the messages that a payload would become, without sending')
    .requiredOption('--payload <file>', 'request body of Alertmanager or OCP; - for standard input')
    .addOption(
      new Option('--format <format>', 'output format').choices(['json', 'text']).default('text'),
    )
    .action(async (channel, options) =>
      end(await (await import('./render.ts')).render(channel, options)),
    )
}

/** Adds the command that passes an alert to a running receiver. */
function addSend(program: Command, end: End): void {
  program
    .command('send <channel>')
    .description(
      'post an OCP alert from the environment or standard input to a running receiver, and print the reply',
    )
    .option(
      '--url <url>',
      'URL of the receiver (default: $DINGTALK_RECEIVER_URL, then http://127.0.0.1:8060)',
    )
    .addHelpText(
      'after',
      `
Reads the alert from OCP's environment variables (alarm_name, message, …), else from standard input.
Sends $DINGTALK_RECEIVER_TOKEN as bearer token.`,
    )
    .action(async (channel, options) =>
      end(await (await import('./send.ts')).send(channel, options)),
    )
}

/** Adds the commands for conversion, migration and simulation. */
function addTools(program: Command, end: End): void {
  program
    .command('convert <file>')
    .description('convert a prometheus-webhook-dingtalk config.yml')
    .option(
      '-o, --output <file>',
      'write the configuration to this file, and templates to templates/ beside it (default: print everything)',
    )
    .addOption(
      new Option(
        '--templates <glob>',
        'glob of Go template files; repeatable (default: the paths in the file, relative to it)',
      ).argParser(collect),
    )
    .addHelpText('after', '\nExit code 3: something has no equivalent, and is listed.')
    .action(async (file, options) => end((await import('./convert.ts')).convert(file, options)))
  withConfig(program.command('simulate'))
    .description('simulate a storm and print when each alert would be delivered')
    .option('--alerts <n>', 'number of alerts', '1000')
    .option('--over <duration>', 'the time over which they arrive', '1m')
    .option('--robots <n>', 'robots that share the first channel (default: as configured)')
    .action(async (options) => end(await (await import('./simulate.ts')).simulate(options)))
  withConfig(program.command('migrate'))
    .description(
      'copy a store to an empty one, SQLite or PostgreSQL; no receiver may run on either',
    )
    .requiredOption('--from <url>', 'sqlite:PATH or postgres://…')
    .option(
      '--to <url>',
      'postgres://user:password@host:5432/database (default: the store of the configuration)',
    )
    .action(async (options) => end(await (await import('./migrate.ts')).migrate(options)))
}

/** Adds the commands that report the state of a receiver and the version. */
function addInquiries(program: Command, end: End): void {
  withConfig(program.command('health'))
    .description('report whether the receiver that runs with this configuration is ready')
    .action(async (options) => end(await (await import('./health.ts')).health(options)))
  program
    .command('version')
    .description('print the version with its revision, build date and Node.js')
    .action(() => {
      process.stdout.write(`${versionText()}\n`)
    })
}

/** Throws for an unknown command, which the default command would take for an argument. */
async function assertKnownCommand(argv: readonly string[], program: Command): Promise<void> {
  const [first] = argv
  const names = program.commands.map((each) => each.name())
  if (first === undefined || first.startsWith('-') || names.includes(first)) return
  const { suggestion } = await import('../suggestion.ts')
  throw new AppError(
    'usage',
    `unknown command ${JSON.stringify(conceal(first).slice(0, 100))}${suggestion(first, names)}; see --help`,
  )
}

const ALIASES = `
Also accepted, under the names of prometheus-webhook-dingtalk and other Prometheus software:
    --config.file FILE           --config
    --web.listen-address ADDR    --listen
    --log.level LEVEL            --log-level
    --log.format FORMAT          --log-format
    --web.enable-lifecycle, --web.enable-ui: always on
  and in place of a file, as prometheus-webhook-dingtalk 0.3: --ding.profile NAME=URL (repeatable), --ding.timeout, --template.file
`

/** Collects the values of an option that may be given several times. */
function collect(value: string, all: string[] = []): string[] {
  return [...all, value]
}

const EXAMPLES = `
Examples:
  dingtalk-receiver                                    run with the sandbox group
  dingtalk-receiver --config dingtalk-receiver.yml     run with your robots
  dingtalk-receiver check                              validate the configuration
  dingtalk-receiver test ops                           send a test message to channel ops
  dingtalk-receiver send ops < alert.json              pass an alert to a running receiver
  dingtalk-receiver simulate --alerts 5000 --over 1m   simulate a storm
  dingtalk-receiver render ops --payload alert.json    preview a message
`

/** Prints an AppError without a stack and any other error with it; returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof AppError) {
    for (const line of error.lines) process.stderr.write(`${redact(line)}\n`)
  } else {
    const shown = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
    process.stderr.write(`${redact(shown)}\n`)
  }
  return error instanceof AppError && error.code === 'usage' ? WRONG_USAGE : FAILED
}
