// Lists: new rows are announced, not inserted; on a wide screen details open beside the list. Lists work without it.
const PANE = matchMedia('(min-width: 90rem)')
const LEAST_BETWEEN_LOADS_MS = 3000
const MAX_SEARCH_MS = 20000
const MAX_FOUND = 30

const line = document.getElementById('new-rows')
const pane = document.getElementById('pane')
const body = document.getElementById('pane-body')
const shown = { link: undefined, loadedAt: 0, fresh: undefined }

// New rows of a refresh wait for a press, and push no old row off the end of the list.
document.addEventListener('live:before', ({ detail: { page } }) => {
  const list = document.querySelector('[data-live-list]')
  const fresh = list && page.getElementById(list.id)
  const rows = list?.querySelector('[data-rows]')
  const freshRows = fresh?.querySelector('[data-rows]')
  if (!rows || !freshRows || rows.children.length === 0) return
  const known = new Set([...rows.children].map(({ id }) => id))
  const all = [...freshRows.children]
  const added = all.filter(({ id }) => !known.has(id))
  announce(list, added.length, added.length === all.length)
  if (added.length === 0) return
  shown.fresh = fresh.cloneNode(true)
  for (const row of added) row.remove()
  const there = new Set(all.map(({ id }) => id))
  const kept = [...rows.children].filter(({ id }) => !there.has(id)).slice(-added.length)
  // A row that no longer matches disappears; a row that was only pushed off the end stays.
  const end = all.at(-1)
  for (const row of kept)
    if (numberOf(row) < numberOf(end)) freshRows.append(page.importNode(row, true))
})

function numberOf({ id }) {
  return Number(id.replace(/^\D*/, ''))
}

function announce(list, count, isMore) {
  const button = line.querySelector('button')
  const words = (isMore ? list.dataset.more : list.dataset.liveList).replace('{n}', count)
  if (button.textContent !== words) button.textContent = words
  line.hidden = count === 0
}

line?.querySelector('button').addEventListener('click', () => {
  // By its id: a list whose page takes long to make is no longer marked as live.
  const list = document.getElementById(shown.fresh?.id)
  line.hidden = true
  if (!list) return
  const fresh = document.importNode(shown.fresh, true)
  shown.fresh = undefined
  list.replaceWith(fresh)
  prepare()
  fresh.querySelector('[data-rows] :is(a, summary)')?.focus({ preventScroll: true })
  if (fresh.getBoundingClientRect().top < 0) fresh.scrollIntoView()
})

// Ticks all boxes of the page, or clears them if all are ticked.
document.addEventListener('click', ({ target }) => {
  const name = target.dataset?.choosesAll
  if (!name) return
  const boxes = [...target.form.querySelectorAll(`input[type=checkbox][name="${name}"]`)]
  const isAll = boxes.every((box) => box.checked)
  for (const box of boxes) box.checked = !isAll
})

document.addEventListener('click', (event) => {
  const { target, button, ctrlKey, metaKey, shiftKey } = event
  if (target.closest('[data-closes-pane]')) return close()
  if (!PANE.matches || button !== 0 || ctrlKey || metaKey || shiftKey) return
  const row = target.closest('[data-rows] > details > summary')?.parentElement
  const link = target.closest('[data-rows] a[data-pane]') ?? row?.querySelector('a[data-pane]')
  if (!link) return
  event.preventDefault()
  open(link.getAttribute('href'), true)
})

document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && pane && !pane.hidden) close()
})

async function open(href, isPressed) {
  shown.link = href
  shown.loadedAt = performance.now()
  try {
    const response = await fetch(href, { headers: { Accept: 'text/html' } })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const part = page.querySelector('#message, #alert')
    if (!response.ok || !part) throw new Error(String(response.status))
    if (shown.link === href) fill(part, href, isPressed)
  } catch {
    if (isPressed) location.assign(href)
  }
}

function fill(part, href, isPressed) {
  for (const each of part.querySelectorAll('[id]')) each.removeAttribute('id')
  for (const heading of part.querySelectorAll('h1')) {
    const smaller = document.createElement('h2')
    smaller.append(...heading.childNodes)
    heading.replaceWith(smaller)
  }
  if (isPressed || body.innerHTML !== part.innerHTML)
    body.replaceChildren(...document.importNode(part, true).childNodes)
  document.getElementById('pane-link').href = href
  mark()
  if (!isPressed) return
  pane.hidden = false
  pane.scrollTop = 0
  body.focus({ preventScroll: true })
  history.replaceState(null, '', `#open-${href.split('/').at(-1)}`)
}

function close() {
  const link = shown.link && rowLink(shown.link)
  shown.link = undefined
  pane.hidden = true
  mark()
  history.replaceState(null, '', location.pathname + location.search)
  link?.closest('details')?.querySelector('summary').focus()
  if (!link?.closest('details')) link?.focus()
}

function rowLink(href) {
  return document.querySelector(`[data-rows] a[data-pane][href="${CSS.escape(href)}"]`)
}

// Marks the row whose details are shown.
function mark() {
  for (const row of document.querySelectorAll('[data-rows] > [aria-current]'))
    row.removeAttribute('aria-current')
  const link = shown.link && rowLink(shown.link)
  link?.closest('[data-rows] > *')?.setAttribute('aria-current', 'true')
}

function prepare() {
  for (const label of document.querySelectorAll('.choose-all[hidden]')) label.hidden = false
  mark()
}

document.addEventListener('live:after', () => {
  prepare()
  if (!shown.link || performance.now() - shown.loadedAt < LEAST_BETWEEN_LOADS_MS) return
  const selection = document.getSelection()
  const isRead = selection && !selection.isCollapsed && pane.contains(selection.anchorNode)
  const isUsed = pane.contains(document.activeElement) && document.activeElement !== body
  if (!isRead && !isUsed) open(shown.link, false)
})

// Continues a search that ended early: fetches its next pages for up to 20 seconds, or until 30 rows are shown.
async function goOn() {
  const until = performance.now() + MAX_SEARCH_MS
  for (;;) {
    const end = document.querySelector('[data-list-end]')
    const link = end?.querySelector('a[data-goes-on]')
    const rows = document.querySelector('[data-rows]')
    if (!link || !rows || document.hidden || performance.now() > until) return
    if (rows.children.length >= MAX_FOUND) return
    try {
      const response = await fetch(link.href, { headers: { Accept: 'text/html' } })
      const page = new DOMParser().parseFromString(await response.text(), 'text/html')
      const more = page.querySelector('[data-rows]')
      const next = page.querySelector('[data-list-end]')
      if (!response.ok || !more || !next || !end.isConnected) return
      rows.append(...document.importNode(more, true).children)
      end.replaceWith(document.importNode(next, true))
      const nothing = page.querySelector('main .empty')
      if (nothing && rows.children.length === 0) rows.before(document.importNode(nothing, true))
    } catch {
      return
    }
  }
}

prepare()
goOn()
const asked = /^#open-([\w-]+)$/.exec(location.hash)?.[1]
const first =
  asked && document.querySelector(`[data-rows] a[data-pane][href$="/${CSS.escape(asked)}"]`)
if (first && PANE.matches) open(first.getAttribute('href'), true)
