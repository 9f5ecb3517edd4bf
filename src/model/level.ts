/** How severe an alert is: 1 Down, 2 Critical, 3 Alert, 4 Caution, 5 Info; 1 is the most severe. */
export type Level = 1 | 2 | 3 | 4 | 5

export const LEVELS: readonly Level[] = [1, 2, 3, 4, 5]

/** The names of the levels in the configuration and in metrics. */
export const LEVEL_NAMES = {
  1: 'Down',
  2: 'Critical',
  3: 'Alert',
  4: 'Caution',
  5: 'Info',
} as const satisfies Record<Level, string>

/** Further level names in the configuration, from Prometheus. */
export const LEVEL_ALIASES = { Warning: 3 } as const satisfies Record<string, Level>

/** The level of an alert with no level or an unknown one. */
export const DEFAULT_LEVEL: Level = 3

/** The colors of levels in OCP; only that of level 1 is documented, the others are of the same palette. */
export const LEVEL_COLORS = {
  1: '#722ED1',
  2: '#F5222D',
  3: '#FA8C16',
  4: '#1890FF',
  5: '#52C41A',
} as const satisfies Record<Level, string>

/** The usual words for a level: OCP's in three languages, old and new, and Prometheus'. */
const OWN_WORDS: Record<Level, string> = {
  1: '1 down stopped 停服 停機 停机',
  2: '2 critical crit 严重 嚴重',
  3: '3 alert warning warn 警告 告警 警示',
  4: '4 caution 注意',
  5: '5 info information informational reminder 提醒',
}

/** Words of other scales: syslog, P0 to P5, SEV0 to SEV5, S1 to S4, Opsgenie, Zabbix, Grafana, Chinese ones. */
const OTHER_WORDS: Record<Level, string> = {
  1: 'outage fatal emergency emerg panic disaster blocker p0 sev0 致命 灾难 災難 宕机 當機 崩溃 崩潰 特别重大 特別重大 特别严重 特別嚴重 一级 一級',
  2: 'page serious severe urgent high highest p1 sev1 s1 紧急 緊急 重大 高危 危急 高 二级 二級',
  3: 'major error err average moderate medium p2 sev2 s2 重要 较大 較大 中等 错误 錯誤 报警 報警 警报 警報 中危 中 三级 三級',
  4: 'minor attention low p3 sev3 s3 一般 次要 轻微 輕微 低危 低 四级 四級',
  5: 'notice none ok debug trivial lowest notclassified p4 p5 sev4 sev5 s4 信息 資訊 提示 通知 调试 調試 五级 五級',
}

/** The built-in words for each level, separated by spaces. */
export const LEVEL_WORDS = { own: OWN_WORDS, other: OTHER_WORDS } as const

const wordsIn = (table: Record<Level, string>): Map<string, Level> =>
  new Map(LEVELS.flatMap((level) => table[level].split(' ').map((word) => [word, level] as const)))

const LEVEL_OF_OWN_WORD: ReadonlyMap<string, Level> = wordsIn(OWN_WORDS)

const LEVEL_OF_WORD: ReadonlyMap<string, Level> = new Map([
  ...LEVEL_OF_OWN_WORD,
  ...wordsIn(OTHER_WORDS),
])

/** Words for "alert" itself: in a compound they count only if no other word does. */
const NOUNS: ReadonlySet<string> = new Set(
  'alert 告警 警告 警示 报警 報警 警报 警報 信息 資訊 通知'.split(' '),
)

/** Chinese words of two characters or more, which are also searched for within a compound. */
const PARTS = [...LEVEL_OF_WORD.keys()].filter((word) => /^\p{Script=Han}{2,}$/u.test(word))

/** Longer texts are not searched for level words. */
const MAX_WORD_LENGTH = 100

/**
 * The level for a word. The `configured` words apply first (keyed by `levelKey`), then the built-in table. Finds
 * words within a compound too, such as 严重告警 or `P1 - Critical`. Undefined for an unknown word.
 */
export function levelOf(word: string, configured?: ReadonlyMap<string, Level>): Level | undefined {
  const key = levelKey(word)
  const level = configured?.get(key) ?? LEVEL_OF_WORD.get(key)
  if (level !== undefined || key === '' || key.length > MAX_WORD_LENGTH) return level
  return numberedLevel(key, configured) ?? compoundLevel(key.replace(CAPTION, ''), configured)
}

/** Normalizes a word for comparison: trimmed, in lower case, with full-width letters as plain ones. */
export function levelKey(word: string): string {
  return word.slice(0, 1_000).normalize('NFKC').trim().toLowerCase()
}

/**
 * The sender's word that a message shows beside the level, as in `Warning (P2)`. Undefined if the alert names no level
 * or uses one of the level's usual words.
 */
export function foreignLevelWord(word: string | undefined, level: Level): string | undefined {
  if (word === undefined || word.trim() === '') return undefined
  return LEVEL_OF_OWN_WORD.get(levelKey(word)) === level ? undefined : word.trim()
}

/** Whether a level is Down or Critical, for which calls are kept in reserve. */
export function isSevere(level: Level): boolean {
  return level <= 2
}

const SCALES: Readonly<Record<string, string>> = {
  p: 'p',
  prio: 'p',
  priority: 'p',
  sev: 'sev',
  severity: 'sev',
  s: 's',
  level: '',
  lvl: '',
}

/** A caption before the word, as in `严重程度: 一般`. */
const CAPTION = /^(?:告警|警告)?(?:严重性|严重程度|嚴重程度|级别|級別|等级|等級)[:=\s]*/u

/** Reads a numbered level such as `SEV-1`, `priority 2` or `Level 3`. */
function numberedLevel(key: string, configured?: ReadonlyMap<string, Level>): Level | undefined {
  const [, scale, digit] = /^([a-z]{1,8})[\s_-]{0,3}(\d)$/.exec(key) ?? []
  const prefix = scale === undefined ? undefined : SCALES[scale]
  if (prefix === undefined) return undefined
  return configured?.get(`${prefix}${digit}`) ?? LEVEL_OF_WORD.get(`${prefix}${digit}`)
}

/** The most severe of the words in a compound; words for "alert" itself count only if there is no other. */
function compoundLevel(key: string, configured?: ReadonlyMap<string, Level>): Level | undefined {
  const tokens = key.split(/[\s_\-/.:,|()[\]]+/)
  if (tokens.join('') === 'notclassified') return 5
  if (tokens.some((token) => ['not', 'non', 'no'].includes(token))) return undefined
  const words = [
    ...tokens.filter((token) => !/^\d?$/.test(token)),
    ...PARTS.filter(
      (part) => key.includes(part) && !/[不非]$/.test(key.slice(0, key.indexOf(part))),
    ),
    ...[/^(.)(?:级|級|级别|級別|等|风险|風險|优先级|優先級)(?:告警|警告)?$/u.exec(key)?.[1] ?? ''],
  ]
  const known = words.flatMap((word) => {
    const level = configured?.get(word) ?? LEVEL_OF_WORD.get(word)
    return level === undefined ? [] : [{ word, level }]
  })
  const specific = known.filter(({ word }) => !NOUNS.has(word))
  const levels = (specific.length > 0 ? specific : known).map(({ level }) => level)
  return levels.length === 0 ? undefined : (Math.min(...levels) as Level)
}
