import type { MessageAlert } from '../../model/alert.ts'
import { foreignLevelWord, levelOf } from '../../model/level.ts'
import type { Channel, Language } from '../../model/settings.ts'
import { levelWord, wordIn } from '../i18n.ts'
import { cutTo, oneLine } from './escape.ts'
import { isOcpAlert } from './sender.ts'

/** A longer word for a level is a sentence. */
const MAX_WORD_LENGTH = 40

/**
 * An alert's level in words, with the sender's own word where it says more, such as `Warning (P3)`; an unknown word as it
 * was written; empty where the alert names no level.
 */
export function levelTextOf(
  { alert, level }: Pick<MessageAlert, 'alert' | 'level'>,
  { language, levels }: { language: Language; levels: Channel['levels'] },
): string {
  if ((alert.levelWord ?? '').trim() === '') return ''
  const own = levelWord(language, level, isOcpAlert(alert))
  const foreign = foreignLevelWord(alert.levelWord, level)
  if (foreign === undefined) return own
  // The dot divides the parts of a heading.
  const word = cutTo(oneLine(foreign.replaceAll('·', ' ')), MAX_WORD_LENGTH, '…')
  if (levelOf(foreign, levels) === undefined) return word || own
  return wordIn(language, 'levelSaid', { level: own, word })
}
