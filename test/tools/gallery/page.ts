import MarkdownIt from 'markdown-it'
import type { Format, Language } from '../../../src/model/settings.ts'
import {
  FORMATS,
  LANGUAGES,
  MENTIONED_MOBILE,
  messagesIn,
  type Shown,
  scenesIn,
} from './messages.ts'
import { SCRIPT, STYLE } from './style.ts'

/** What DingTalk's phones render, and no more: no table, code, picture or HTML. Addresses become links. */
const markdown = new MarkdownIt('default', { html: false, breaks: true, linkify: true }).disable([
  'table',
  'code',
  'fence',
  'html_block',
  'html_inline',
  'strikethrough',
])
const plain = new MarkdownIt('zero', { linkify: true }).enable('linkify')
const { escapeHtml } = markdown.utils

const FRAMES = [
  { device: 'pc', theme: 'light' },
  { device: 'pc', theme: 'dark' },
  { device: 'phone', theme: 'light' },
  { device: 'phone', theme: 'dark' },
] as const

/** One page that needs nothing else, with filters by language, format, frame and situation. */
export async function galleryPage(): Promise<string> {
  const situations = LANGUAGES.flatMap((language) =>
    FORMATS.flatMap((format) =>
      messagesIn(language, format).map((shown) => cardOf(shown, language, format)),
    ),
  )
  const real = await Promise.all(
    LANGUAGES.map(async (language) =>
      (await scenesIn(language)).map((shown) => cardOf(shown, language, 'markdown')),
    ),
  )
  const cards = [...real.flat(), ...situations]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Messages as DingTalk shows them</title><style>${STYLE}</style></head>
<body><header><b>Messages as DingTalk shows them</b><span id="filters"></span></header>
<main>${cards.join('\n')}</main><script>${SCRIPT}</script></body></html>
`
}

function cardOf(shown: Shown, language: Language, format: Format): string {
  const { situation, title, text, buttons, body } = shown
  const html = format === 'text' ? textHtml(text) : markdown.render(text)
  const actions = buttons
    .map(({ title: label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`)
    .join('')
  const bubble = `<div class="bubble">${withMentions(html)}</div>${
    actions === '' ? '' : `<div class="buttons">${actions}</div>`
  }`
  // A text message has no title: the list of chats shows how it begins.
  const preview = escapeHtml(format === 'text' ? text.replace(/\s+/g, ' ').slice(0, 90) : title)
  const frames = FRAMES.map(
    ({ device, theme }) => `<div class="frame ${device} ${theme}" data-frame="${device}-${theme}">
<div class="preview"><i>🤖</i><div><b>DBA</b><p>OCP: ${preview}</p></div><time>03:03</time></div>
<div class="message"><i>🤖</i><div class="said"><small>OCP</small>${bubble}</div></div></div>`,
  ).join('')
  const bytes = `${Buffer.byteLength(body)} bytes`
  return `<section data-language="${language}" data-format="${format}" data-situation="${situation}">
<h2>${situation} <small>${language} · ${format} · ${bytes}</small></h2><div class="frames">${frames}</div></section>`
}

function textHtml(text: string): string {
  return `<p>${plain.renderInline(text).replaceAll('\n', '<br>')}</p>`
}

function withMentions(html: string): string {
  return html.replaceAll(`@${MENTIONED_MOBILE}`, `<span class="at">@${MENTIONED_MOBILE}</span>`)
}
