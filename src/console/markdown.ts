import MarkdownIt from 'markdown-it'

const NOBODY: ReadonlySet<string> = new Set()

const markdown = new MarkdownIt('default', { html: false, breaks: true, linkify: false }).disable([
  'table',
  'code',
  'fence',
  'html_block',
  'html_inline',
  'strikethrough',
  'autolink',
])
const { escapeHtml } = markdown.utils

// The page loads nothing from other hosts, so an image becomes a link.
markdown.renderer.rules['image'] = (tokens, index) => {
  const token = tokens[index]
  const source = String(token?.attrGet('src') ?? '')
  return `<a href="${escapeHtml(source)}" rel="noreferrer">🖼 ${escapeHtml(token?.content || source)}</a>`
}

markdown.renderer.rules['link_open'] = (tokens, index, options, _env, self) => {
  const token = tokens[index]
  token?.attrSet('href', withoutDingtalk(String(token.attrGet('href') ?? '')))
  token?.attrSet('rel', 'noreferrer')
  return self.renderToken(tokens, index, options)
}

markdown.renderer.rules['text'] = (tokens, index, _options, env) =>
  withMentions(tokens[index]?.content ?? '', (env as { people: ReadonlySet<string> }).people)

/** DingTalk supports <font color>, the only HTML that messages use. */
markdown.inline.ruler.before('text', 'color', (state, silent) => {
  const [open, color] = /^<font color="?(#[\da-f]{3,8}|[a-z]{3,20})"?>/i.exec(
    state.src.slice(state.pos, state.pos + 40),
  ) ?? ['']
  if (open === '') return false
  const end = state.src.indexOf('</font>', state.pos)
  if (end < 0 || end > state.posMax) return false
  if (!silent) {
    const { posMax } = state
    state.push('font_open', 'font', 1).attrSet('color', String(color))
    state.pos += open.length
    state.posMax = end
    state.md.inline.tokenize(state)
    state.push('font_close', 'font', -1)
    state.posMax = posMax
  }
  state.pos = end + '</font>'.length
  return true
})

/** Converts Markdown to HTML, close to DingTalk's clients. HTML in the text is escaped, mentions are highlighted. */
export function markdownToHtml(text: string, people = NOBODY): string {
  return markdown.render(text, { people })
}

/** Converts a text message to HTML: escaped, with mentions of these people highlighted. */
export function withMentions(text: string, people: ReadonlySet<string>): string {
  if (people.size === 0) return escapeHtml(text)
  return text
    .split(/(@[\w.-]+)/)
    .map((part) =>
      part.startsWith('@') && people.has(part.slice(1))
        ? `<strong class="at">${escapeHtml(part)}</strong>`
        : escapeHtml(part),
    )
    .join('')
}

/** The web URL inside a dingtalk:// link, which controls how DingTalk's client opens it; other links unchanged. */
export function withoutDingtalk(href: string): string {
  if (!href.startsWith('dingtalk://') || !URL.canParse(href)) return href
  const inner = new URL(href).searchParams.get('url') ?? ''
  return /^https?:\/\//.test(inner) ? inner : href
}
