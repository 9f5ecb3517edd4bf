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

/**
 * The built-in digest with these keywords, since DingTalk rejects a digest without the robot's keyword. The states stand
 * above the digest with their counts, the other words in a last line "Keywords: …".
 */
export function digestWith(keywords: readonly string[]): string {
  const isPartOfAnother = (word: string): boolean =>
    keywords.some((each) => each !== word && each.includes(word))
  const words = keywords.filter((word) => !isPartOfAnother(word))
  const hasStates = words.some((word) => word === 'FIRING' || word === 'RESOLVED')
  const states = `[it.firing > 0 ? '[FIRING:' + it.firing + ']' : '', it.resolved > 0 ? '[RESOLVED:' + it.resolved + ']' : '']`
  return `<%/* The built-in digest, with words of the other templates, because the robot may require one as keyword. */ -%>
<% const states = ${hasStates ? `${states}.filter(Boolean).join(' ')` : "''"} -%>
<% const words = ${JSON.stringify(words).replaceAll('"', "'")}.filter((word) => !states.includes(word)) -%>
${hasStates ? '<%= it.bold(states) %>\n\n' : ''}${readFileSync(DIGEST, 'utf8').trimEnd()}

<%= words.length > 0 ? it.quote(it.word('keywords') + it.word('colon') + words.join(' ')) : '' %>
`
}
