import MarkdownIt from 'markdown-it'

const markdown = new MarkdownIt('default', { html: false, breaks: true, linkify: false }).disable([
  'table',
  'code',
  'fence',
  'html_block',
  'html_inline',
  'strikethrough',
  'autolink',
])

// Nothing is fetched from elsewhere: a picture is shown as a link to it.
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index]
  const source = String(token?.attrGet('src') ?? '')
  const { escapeHtml } = markdown.utils
  return `<a href="${escapeHtml(source)}" rel="noreferrer">${escapeHtml(token?.content || source)}</a>`
}
markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  tokens[index]?.attrSet('rel', 'noreferrer')
  return self.renderToken(tokens, index, options)
}

/** Markdown as HTML, close to how DingTalk's clients show it; HTML in it shows as text, scripts cannot run. */
export function markdownToHtml(text: string): string {
  return markdown.render(text)
}
