import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Block {
  /** The language after the fence. */
  language: string
  text: string
  /** The HTML comment directly before the fence, such as `<!-- fragment -->`. */
  mark: string
  /** The heading above. */
  under: string
  line: number
}

/** The documents for users besides the references, in English; each has a Chinese twin. */
export const GUIDES = [
  'README.md',
  ...['COMPARISON', 'MOVING-OVER', 'OPERATIONS', 'PERFORMANCE', 'TEMPLATES', 'TROUBLESHOOTING'].map(
    (name) => `deploy/${name}.md`,
  ),
]

/** The Chinese twin of a document. */
export function chineseOf(path: string): string {
  return path.replace(/\.md$/, '.zh-CN.md')
}

export function documentAt(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8')
}

/** Every fenced block of a document. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  let [mark, under] = ['', '']
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, language] = /^ *```(\w*)$/.exec(line) ?? []
    if (open !== undefined) {
      if (language === '') {
        blocks.push(open)
        open = undefined
      } else open.text += `${line}\n`
    } else if (language !== undefined) {
      open = { language, text: '', mark, under, line: index + 1 }
      mark = ''
    } else {
      under = /^#+ (.*)$/.exec(line)?.[1] ?? under
      const comment = /^<!-- ([^>]*) -->$/.exec(line)?.[1]
      if (line !== '' || comment !== undefined) mark = comment ?? ''
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: this block has no end`)
  return blocks
}

/** The rows of each table under a heading, with unparsed cells. */
export function tablesUnder(markdown: string, heading: string): string[][][] {
  const [, rest] = markdown.split(`\n## ${heading}\n`)
  if (rest === undefined) throw new Error(`there is no section ${heading}`)
  const tables: string[][][] = []
  let table: string[][] | undefined
  for (const line of (rest.split('\n## ')[0] as string).split('\n')) {
    if (!line.startsWith('|')) {
      table = undefined
      continue
    }
    if (table === undefined) {
      table = []
      tables.push(table)
    }
    const cells = line.slice(1, line.lastIndexOf('|')).split(/(?<!\\)\|/)
    table.push(cells.map((cell) => cell.trim()))
  }
  return tables.map((rows) => rows.slice(2))
}

/** The texts in backquotes. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string)
}

/** The anchor of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** The commands of a shell block, without comments and without the text of a here-document. */
export function commandsOf({ text }: Block): string[] {
  return text
    .replace(/ <<'EOF'\n[\s\S]*?\nEOF\n/g, '\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.split(' && '))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')
}
