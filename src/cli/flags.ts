/** Flags of prometheus-webhook-dingtalk, so that its systemd unit and container arguments keep working. */
const RENAMED: Readonly<Record<string, string>> = {
  '--config.file': '--config',
  '--web.listen-address': '--listen',
  '--log.level': '--log-level',
  '--log.format': '--log-format',
}

/** Switches of prometheus-webhook-dingtalk for features that are always on here. */
const IGNORED = /^--(no-)?web\.(enable-lifecycle|enable-ui|ui-enabled)(=.*)?$/

/** The dash of such a flag in the style of Go's package flag, which takes one dash for two. */
const SINGLE_DASH = /^-(?=(?:config|ding|log|storage|template|web)\.)/

/** Translates flags of prometheus-webhook-dingtalk to those of this program. */
export function withKnownFlags(argv: readonly string[]): string[] {
  return argv
    .map((argument) => argument.replace(SINGLE_DASH, '--'))
    .filter((argument) => !IGNORED.test(argument))
    .map((argument) => {
      const [flag = '', ...value] = argument.split('=')
      return [RENAMED[flag] ?? flag, ...value].join('=')
    })
}
