import type { Command } from 'commander'
import { programOf } from '../src/cli/program.ts'

/** The manual page, made from the definition of the command line, so that the two cannot differ. */
export function manPage(program: Command = programOf()): string {
  const lines = [
    '.TH DINGTALK-RECEIVER 1',
    '.SH NAME',
    `dingtalk-receiver \\- ${roff(program.description())}`,
    '.SH SYNOPSIS',
    '.B dingtalk-receiver',
    '[\\fIcommand\\fR] [\\fIoptions\\fR]',
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => [
      '.TP',
      `\\fB${roff(command.name())}\\fR ${roff(command.usage())}`,
      roff(command.description()),
      ...command.options
        .filter(({ hidden }) => !hidden)
        .flatMap(({ flags, description }) => [
          '.RS',
          '.TP',
          `\\fB${roff(flags)}\\fR`,
          roff(description),
          '.RE',
        ]),
    ]),
    '.SH EXIT STATUS',
    '0 done, 1 a failure that the message explains, 2 wrong usage, 3 done in part.',
    '.SH FILES',
    '.TP',
    '.I dingtalk-receiver.yml',
    'The configuration, in the working directory, where neither \\-\\-config nor DINGTALK_RECEIVER_CONFIG names another.',
  ]
  return `${lines.join('\n')}\n`
}

/** Completions for bash: commands, and each one's options. */
export function bashCompletion(program: Command = programOf()): string {
  const cases = program.commands.map(
    (command) =>
      `    ${command.name()}) words='${command.options.map(({ long }) => long).join(' ')} --help' ;;`,
  )
  const names = program.commands.map((command) => command.name()).join(' ')
  return `_dingtalk_receiver() {
  local words='${names} --help --version'
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$3" in
    --config | --payload | --env-file | -o) COMPREPLY=($(compgen -f -- "$2")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$2")) ;;
  esac
}
complete -F _dingtalk_receiver dingtalk-receiver
`
}

/** Text as roff prints it: no line is a request, no sign an escape. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
}
