import MarkdownIt from 'markdown-it'

/** Who a message mentions, so that they stand out in its text. */
export interface Mentioned {
  people: ReadonlySet<string>
}

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

// Nothing is fetched from elsewhere: a picture is shown as a link to it.
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
  withMentions(
    tokens[index]?.content ?? '',
    (env as Partial<Mentioned> | undefined)?.people ?? new Set(),
  )

/** DingTalk's clients know the colour of a font, the one piece of HTML that messages use. */
markdown.inline.ruler.before('text', 'colour', (state, silent) => {
  const [open, colour] = /^<font color="?(#[\da-f]{3,8}|[a-z]{3,20})"?>/i.exec(
    state.src.slice(state.pos, state.pos + 40),
  ) ?? ['']
  if (open === '') return false
  const end = state.src.indexOf('</font>', state.pos)
  if (end < 0 || end > state.posMax) return false
  if (!silent) {
    const { posMax } = state
    state.push('font_open', 'font', 1).attrSet('color', String(colour))
    state.pos += open.length
    state.posMax = end
    state.md.inline.tokenize(state)
    state.push('font_close', 'font', -1)
    state.posMax = posMax
  }
  state.pos = end + '</font>'.length
  return true
})

/** Markdown as HTML, close to how DingTalk's clients show it; other HTML in it shows as text, scripts cannot run. */
export function markdownToHtml(text: string, mentioned?: Mentioned): string {
  return markdown.render(text, { ...mentioned })
}

/** A text message as HTML: nothing in it means anything but who is mentioned. */
export function plainToHtml(text: string, mentioned?: Mentioned): string {
  return withMentions(text, mentioned?.people ?? new Set())
}

function withMentions(text: string, people: ReadonlySet<string>): string {
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

/** Where a link leads that tells DingTalk's client how to open it. */
export function withoutDingtalk(href: string): string {
  if (!href.startsWith('dingtalk://') || !URL.canParse(href)) return href
  const inner = new URL(href).searchParams.get('url') ?? ''
  return /^https?:\/\//.test(inner) ? inner : href
}
