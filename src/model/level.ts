/** How severe an alert is: 1 Down, 2 Critical, 3 Alert, 4 Caution, 5 Info; 1 is the most severe. */
export type Level = 1 | 2 | 3 | 4 | 5

export const LEVELS: readonly Level[] = [1, 2, 3, 4, 5]

/** What a level is called in the configuration and in metrics. */
export const LEVEL_NAMES = {
  1: 'Down',
  2: 'Critical',
  3: 'Alert',
  4: 'Caution',
  5: 'Info',
} as const satisfies Record<Level, string>

/** The level of an alert that names none, or one that nobody knows. */
export const DEFAULT_LEVEL: Level = 3

/** The colour OCP shows a level in; only that of level 1 is documented, the rest is the same palette. */
export const LEVEL_COLORS = {
  1: '#722ED1',
  2: '#F5222D',
  3: '#FA8C16',
  4: '#1890FF',
  5: '#52C41A',
} as const satisfies Record<Level, string>

/** Words that OCP (three languages, old and new) and the Prometheus world use for each level. */
const WORDS: Record<Level, string> = {
  1: '1 down stopped outage fatal emergency emerg disaster p0 停服 停機 致命 灾难',
  2: '2 critical crit serious 严重 嚴重 紧急',
  3: '3 alert warning warn major error page 警告 告警 警示',
  4: '4 caution minor attention average 注意',
  5: '5 info information informational reminder notice none ok debug low 提醒 信息 提示',
}

const LEVEL_OF_WORD: ReadonlyMap<string, Level> = new Map(
  LEVELS.flatMap((level) => WORDS[level].split(' ').map((word) => [word, level] as const)),
)

/** The level that a word means, in any of the known languages or the channel's `own` words (lower case keys win). */
export function levelOf(word: string, own?: ReadonlyMap<string, Level>): Level | undefined {
  const key = word.trim().toLowerCase()
  return own?.get(key) ?? LEVEL_OF_WORD.get(key)
}

/** Down and Critical: what calls are kept in reserve for. */
export function isSevere(level: Level): boolean {
  return level <= 2
}
