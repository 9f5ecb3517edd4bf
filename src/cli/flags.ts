/** Flags of prometheus-webhook-dingtalk, so that its systemd unit and container arguments keep working. */
const RENAMED: Readonly<Record<string, string>> = {
  '--config.file': '--config',
  '--web.listen-address': '--listen',
  '--log.level': '--log-level',
  '--log.format': '--log-format',
}

/** Switches of prometheus-webhook-dingtalk for features that are always on here. */
const IGNORED = /^--(no-)?web\.(enable-lifecycle|enable-ui|ui-enabled)(=.*)?$/

/** Replaces these flags by those of this program. */
export function withKnownFlags(argv: readonly string[]): string[] {
  return argv
    .filter((argument) => !IGNORED.test(argument))
    .map((argument, index, all) => {
      const [flag = '', ...value] = argument.split('=')
      const renamed = RENAMED[flag]
      if (renamed === undefined)
        return all[index - 1] === '--log.format' && argument === 'logfmt' ? 'pretty' : argument
      if (value.length === 0) return renamed
      const joined = value.join('=')
      return `${renamed}=${renamed === '--log-format' && joined === 'logfmt' ? 'pretty' : joined}`
    })
}
