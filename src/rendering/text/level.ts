import type { MessageAlert } from '../../model/alert.ts'
import { foreignLevelWord, levelOf } from '../../model/level.ts'
import type { Channel, Language } from '../../model/settings.ts'
import { levelWord, wordIn } from '../i18n.ts'
import { cutTo, oneLine } from './escape.ts'
import { isOcpAlert } from './sender.ts'

/** Longer words for a level are cut. */
const MAX_WORD_LENGTH = 40

/**
 * An alert's level in words, with the sender's word if it is a different one, such as `Warning (P3)`. An unknown word
 * is shown as written. Empty if the alert names no level.
 */
export function levelTextOf(
  { alert, level }: Pick<MessageAlert, 'alert' | 'level'>,
  { language, levels }: { language: Language; levels: Channel['levels'] },
): string {
  if ((alert.levelWord ?? '').trim() === '') return ''
  const own = levelWord(language, level, isOcpAlert(alert))
  const foreign = foreignLevelWord(alert.levelWord, level)
  if (foreign === undefined) return own
  // In headings this dot separates the parts.
  const word = cutTo(oneLine(foreign.replaceAll('·', ' ')), MAX_WORD_LENGTH, '…')
  if (levelOf(foreign, levels) === undefined) return word || own
  return wordIn(language, 'levelSaid', { level: own, word })
}
