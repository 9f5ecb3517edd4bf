// Updates the page and its relative times, and copies snippets. Every page works without this script.
const LEAST_BETWEEN_MS = 1500
const FIRST_RETRY_MS = 1000
const MOST_RETRY_MS = 30000
const MAX_PRESS_MS = 10000
const HIDDEN_EVERY_MS = 30000
const CACHED_MS = 2000

// The root of the console is one folder above this file, also behind a proxy that adds a path.
const root = new URL('..', document.currentScript.src)
const state = document.querySelector('[data-live-state]')
// Times are measured by the receiver's clock. It is compared when the page arrives: loading the rest takes time.
const arrivedAt =
  performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseStart
const skew = Date.parse(document.documentElement.dataset.now) - arrivedAt
const now = {
  stream: undefined,
  retryMs: FIRST_RETRY_MS,
  retry: undefined,
  again: undefined,
  asking: false,
  stale: false,
  last: 0,
  // The URL to fetch. It keeps the notice, which is removed from the browser's address.
  address: location.href,
  asOf: document.documentElement.dataset.asOf,
  // While a button or key is down, the fetched page waits in `page`.
  presses: new Set(),
  pressedAt: 0,
  page: undefined,
}

const isLive = () => document.querySelector('[data-live]') !== null

// Shows whether the page is live: an outdated page must not look calm. A page without live parts shows neither.
function showLive(on) {
  if (!isLive()) return
  document.documentElement.classList.toggle('stale', !on)
  const title = document.title.replace(/^\(\?\) /, '')
  document.title = on ? title : `(?) ${title}`
  if (!state) return
  state.hidden = false
  state.classList.toggle('on', on)
  const words = on ? state.dataset.on : state.dataset.off.replace('{time}', now.asOf)
  if (state.textContent !== words) state.textContent = words
}

function listen() {
  if (!isLive() || now.stream) return
  clearTimeout(now.retry)
  const stream = new EventSource(new URL('events', root))
  now.stream = stream
  stream.addEventListener('open', () => {
    now.retryMs = FIRST_RETRY_MS
    showLive(true)
    look()
  })
  stream.addEventListener('error', () => {
    showLive(false)
    // A browser does not reconnect after a response that is not a stream, such as the 502 of a proxy.
    if (stream.readyState === EventSource.CLOSED && now.stream === stream) listenLater()
  })
  stream.addEventListener('change', () => look())
}

function listenLater() {
  now.stream = undefined
  now.retry = setTimeout(
    () => {
      listen()
      // Detects that the session has ended.
      look()
    },
    now.retryMs * (0.75 + Math.random() / 2),
  )
  now.retryMs = Math.min(MOST_RETRY_MS, now.retryMs * 2)
}

// A hidden tab closes its connection; browsers allow six per host.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    now.stream?.close()
    now.stream = undefined
    clearTimeout(now.retry)
  } else {
    listen()
    look()
  }
})

async function look() {
  if (now.asking) {
    now.stale = true
    return
  }
  now.asking = true
  now.stale = false
  const wait = now.last + LEAST_BETWEEN_MS - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  try {
    const response = await fetch(now.address, { headers: { Accept: 'text/html' } })
    // The session has ended, so the reload asks to sign in. A page with a form is not reloaded, to keep its input.
    if (response.status === 401) {
      if (isLive()) location.reload()
      return
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (response.ok) now.asOf = page.documentElement.dataset.asOf ?? now.asOf
    if (page.documentElement.dataset.asOf) {
      document.title = page.title
      const icon = page.querySelector('link[rel=icon]').getAttribute('href')
      const link = document.querySelector('link[rel=icon]')
      if (link.getAttribute('href') !== icon) link.setAttribute('href', icon)
    }
    // Cached numbers may lack the latest change, so fetch them again.
    clearTimeout(now.again)
    if ('cached' in page.documentElement.dataset) now.again = setTimeout(look, CACHED_MS)
    // The page about an unavailable store is shown as well. The error page of a proxy has no parts to show.
    show(page)
    showLive(response.ok && (document.hidden || now.stream?.readyState === EventSource.OPEN))
  } catch {
    showLive(false)
  }
  now.last = performance.now()
  now.asking = false
  if (now.stale) look()
}

function show(page) {
  now.page = page
  const isPressed = now.presses.size > 0 && performance.now() - now.pressedAt < MAX_PRESS_MS
  if (!isPressed) showNow()
}

// Changes only what differs, so that focus, selections, input, open elements and the scroll position stay.
function showNow() {
  const { page } = now
  if (!page) return
  now.page = undefined
  document.dispatchEvent(new CustomEvent('live:before', { detail: { page } }))
  const keep = anchor()
  const focused = document.activeElement
  for (const old of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(old.id)
    if (!fresh) continue
    giveIds(old)
    giveIds(fresh)
    Idiomorph.morph(old, fresh, { restoreFocus: true, callbacks: KEEP })
  }
  stayAt(keep)
  if (focused && !focused.isConnected) document.querySelector('main').focus({ preventScroll: true })
  offerCopies()
  tick()
  document.dispatchEvent(new CustomEvent('live:after'))
}

// Elements that a person has opened or closed.
const toggled = new WeakSet()
document.addEventListener('click', ({ target }) => {
  const summary = target.closest?.('summary')
  if (summary) toggled.add(summary.parentElement)
})

const CHOICES = ['open', 'checked', 'selected', 'value']
const KEEP = {
  beforeAttributeUpdated: (name, element) => !CHOICES.includes(name) || !isChosen(element),
  beforeNodeMorphed(old, fresh) {
    if (old.nodeType === Node.TEXT_NODE) return !isSelected(old)
    // A box that now belongs to another row must not stay ticked.
    if (old.matches('[type=checkbox]') && old.defaultValue !== fresh.defaultValue)
      old.checked = old.defaultChecked
    return true
  },
  beforeNodeRemoved: (old) => !isSelected(old),
}

function isChosen(element) {
  if (element.matches('details')) return toggled.has(element)
  const select = element.closest('select')
  if (select) {
    const first = [...select.options].findIndex((option) => option.defaultSelected)
    return select.selectedIndex !== Math.max(0, first)
  }
  if (element.matches('[type=checkbox], [type=radio]'))
    return element.checked !== element.defaultChecked
  if (!element.matches('input, textarea')) return false
  return element.value !== element.defaultValue || element === document.activeElement
}

function isSelected(node) {
  const selection = document.getSelection()
  return selection && !selection.isCollapsed && selection.containsNode(node, true)
}

// Gives elements an id made from their link, so that morphing does not turn one row or form into another.
function giveIds(region) {
  const seen = new Set()
  for (const each of region.querySelectorAll('form, li, tr, article, details')) {
    if (each.id) continue
    const place = each.parentElement.closest('[id]')?.id ?? ''
    const link = each.matches('form') ? each : each.querySelector('a[href], form[action]')
    const goal = link?.getAttribute('href') ?? link?.getAttribute('action')
    if (!goal) continue
    const id = `${each.localName}:${place}:${goal}`
    if (!seen.has(id)) each.id = id
    seen.add(id)
  }
}

// The element that must stay in place: under the pointer, else with the focus, else the first visible row.
function anchor() {
  const inSight = (each) => {
    const { top, bottom } = each.getBoundingClientRect()
    return bottom > 0 && top < innerHeight
  }
  const pointed = [...document.querySelectorAll(':is(a, button, summary, label, input):hover')].at(
    -1,
  )
  const focused = document.activeElement?.closest('[data-live] *')
  const rows =
    scrollY > 0 ? document.querySelectorAll('[data-live] :is(li, tr, article, details, h2)') : []
  const found = [pointed, focused, ...rows].find(
    (each) => each?.closest('[data-live]') && inSight(each),
  )
  return found && { found, top: found.getBoundingClientRect().top }
}

function stayAt(kept) {
  if (!kept?.found.isConnected) return
  const moved = kept.found.getBoundingClientRect().top - kept.top
  if (moved !== 0) scrollBy({ top: moved, behavior: 'instant' })
}

// The page does not change during a press, so that the press always reaches its button.
for (const [kind, begins, ends] of [
  ['pointer', ['pointerdown'], ['pointerup', 'pointercancel']],
  ['key', ['keydown'], ['keyup']],
]) {
  for (const name of begins)
    document.addEventListener(name, () => {
      now.presses.add(kind)
      now.pressedAt = performance.now()
    })
  for (const name of ends) document.addEventListener(name, () => release(kind))
}
// A press that ends outside the window, or behind a menu, sends no event.
document.addEventListener('pointermove', ({ buttons }) => {
  if (buttons === 0 && now.presses.has('pointer')) release('pointer')
})
window.addEventListener('blur', () => {
  release('pointer')
  release('key')
})

function release(kind) {
  // Waits until the click event of the press was handled.
  setTimeout(() => {
    now.presses.delete(kind)
    if (now.presses.size === 0) showNow()
  })
}

const UNITS = {
  'zh-CN': [' 天', ' 小时', ' 分', ' 秒'],
  'zh-TW': [' 天', ' 小時', ' 分', ' 秒'],
}[document.documentElement.lang] ?? [' d', ' h', ' min', ' s']

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ].map((value, index) => ({ value, text: `${value}${UNITS[index]}` }))
  const from = parts.findIndex((part) => part.value > 0)
  if (from < 0) return `0${UNITS[3]}`
  return parts
    .slice(from, from + 2)
    .filter((part) => part.value > 0)
    .map((part) => part.text)
    .join(' ')
}

function tick() {
  for (const each of document.querySelectorAll('[data-until]')) {
    const left = Date.parse(each.dataset.until) - Date.now() - skew
    each.textContent = duration(left)
    if (left <= 0 && left > -3000 && !each.dataset.over) {
      each.dataset.over = 'yes'
      look()
    }
  }
  const passed = (since) => duration(Date.now() + skew - Date.parse(since))
  for (const each of document.querySelectorAll('[data-since]'))
    each.textContent = passed(each.dataset.since)
  for (const each of document.querySelectorAll('[data-ago]:not(html)'))
    each.textContent = document.documentElement.dataset.ago.replace(
      '{time}',
      passed(each.dataset.ago),
    )
  // A tab in the background is fetched too, because its title shows whether something is wrong.
  if (document.hidden && performance.now() - now.last > HIDDEN_EVERY_MS) look()
}

function offerCopies() {
  if (!navigator.clipboard) return
  for (const button of document.querySelectorAll('[data-copies][hidden]')) button.hidden = false
}

document.addEventListener('click', async ({ target }) => {
  const button = target.closest?.('[data-copies]')
  if (!button) return
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
  const { textContent } = button
  if (textContent === button.dataset.copied) return
  button.textContent = button.dataset.copied
  setTimeout(() => {
    button.textContent = textContent
  }, 1500)
})

// Shows the instant of a relative time on focus; on hover, its title attribute does.
const tip = document.createElement('div')
tip.className = 'tip'
tip.hidden = true
tip.setAttribute('aria-hidden', 'true')
document.body.append(tip)
function showTip() {
  const time = document.activeElement
  tip.hidden = !time?.matches('time[tabindex][title]')
  if (tip.hidden) return
  tip.textContent = time.title
  const { left, bottom } = time.getBoundingClientRect()
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8))}px`
  tip.style.top = `${Math.min(bottom + 4, innerHeight - tip.offsetHeight - 8)}px`
}
document.addEventListener('focusin', showTip)
document.addEventListener('focusout', () => {
  tip.hidden = true
})
document.addEventListener('scroll', () => {
  if (!tip.hidden) showTip()
})
document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return
  tip.hidden = true
  for (const menu of document.querySelectorAll('details.menu[open]')) menu.open = false
})
// A press outside a menu closes it.
document.addEventListener('pointerdown', ({ target }) => {
  for (const menu of document.querySelectorAll('details.menu[open]'))
    if (!menu.contains(target)) menu.open = false
})

// Typing in a field selects its radio button.
for (const field of document.querySelectorAll('[data-chooses]'))
  field.addEventListener('input', () => {
    const [name, value] = field.dataset.chooses.split('=')
    for (const radio of field.form.elements[name]) radio.checked = radio.value === value
  })

// A reload must not show the notice again.
const address = new URL(location.href)
if (address.searchParams.has('notice')) {
  address.searchParams.delete('notice')
  history.replaceState(null, '', address)
}

offerCopies()
listen()
setInterval(tick, 1000)
