import { readFileSync } from 'node:fs'

/** Words that robots for alerts often have as a keyword. */
const KEYWORDS = [
  'FIRING',
  'RESOLVED',
  'Prometheus',
  '告警',
  '报警',
  '警报',
  '恢复',
  '监控',
  '告警恢复',
]

/** Code that prints the status in capitals. */
const STATE = /\bgo\.(?:toUpper|upper)\(\$\.status\)/

/** Likely keywords among the literal text of a translated message. */
export function keywordsIn(words: string, translations: readonly string[]): string[] {
  const showsState = translations.some((text) => STATE.test(text))
  return KEYWORDS.filter((word) => words.includes(word) || (showsState && word === 'FIRING'))
}

const DIGEST = new URL('../../../templates/messages/default.digest.eta', import.meta.url)

/** The built-in digest after a line with these keywords, since DingTalk rejects a digest without the robot's keyword. */
export function digestWith(keywords: readonly string[]): string {
  const states = ['FIRING', 'RESOLVED']
  const counts = keywords.some((word) => states.includes(word))
    ? `it.firing > 0 ? '[FIRING:' + it.firing + ']' : '', it.resolved > 0 ? '[RESOLVED:' + it.resolved + ']' : '', `
    : ''
  const words = keywords.filter((word) => !states.includes(word)).join(' ')
  return `<%/* The built-in digest, after a line with words of the other templates, because the robot may require one as keyword. */ -%>
<%= it.bold([${counts}'${words}'].filter(Boolean).join(' ')) %>

${readFileSync(DIGEST, 'utf8')}`
}
