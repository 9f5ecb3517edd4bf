// Updates the page, counts times, copies snippets. Every page works without it.
const LEAST_BETWEEN_MS = 1500
const FIRST_RETRY_MS = 1000
const MOST_RETRY_MS = 30000
const MAX_PRESS_MS = 10000
const HIDDEN_EVERY_MS = 30000
const CACHED_MS = 2000

// Above the folder of this file, wherever a proxy puts it.
const root = new URL('..', document.currentScript.src)
const state = document.querySelector('[data-live-state]')
// Times are relative to the receiver's clock.
const skew = Date.parse(document.documentElement.dataset.now) - Date.now()
const now = {
  stream: undefined,
  retryMs: FIRST_RETRY_MS,
  retry: undefined,
  again: undefined,
  asking: false,
  stale: false,
  last: 0,
  // A notice is taken out of the address, but stays on the page.
  address: location.href,
  asOf: document.documentElement.dataset.asOf,
  // While a button or key is pressed, what was fetched waits here.
  presses: new Set(),
  pressedAt: 0,
  page: undefined,
}

const isLive = () => document.querySelector('[data-live]') !== null

// A page that is not up to date must not look calm. A page without live parts, such as a form, is neither.
function say(on) {
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
    say(true)
    look()
  })
  stream.addEventListener('error', () => {
    say(false)
    // After an answer that is no stream, such as a proxy's 502, a browser does not try again.
    if (stream.readyState === EventSource.CLOSED && now.stream === stream) listenLater()
  })
  stream.addEventListener('change', () => look())
}

function listenLater() {
  now.stream = undefined
  now.retry = setTimeout(
    () => {
      listen()
      // Says whether the session is over.
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
    // The session is over: the same page asks to sign in. What was typed into another one is not lost.
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
    // Numbers that were read before the change which is shown are asked for again.
    clearTimeout(now.again)
    if ('cached' in page.documentElement.dataset) now.again = setTimeout(look, CACHED_MS)
    // A page that says that the store is unavailable is shown as well; a proxy's is not.
    show(page)
    say(response.ok && (document.hidden || now.stream?.readyState === EventSource.OPEN))
  } catch {
    say(false)
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

// Changes what differs, so that focus, what is open, chosen or ticked, and the place in the page stay.
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

// What a person has opened or closed.
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
    // A box that stands for something else now is not ticked.
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

// What has no id is known by what it leads to, so that no row or form becomes another one.
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

// What is under the pointer or has the focus, or else the first row in sight, stays where it is.
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

// A press counts although the page changes meanwhile: nothing changes before it has ended.
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
// The end of a press outside the window, or behind a menu, is not announced.
document.addEventListener('pointermove', ({ buttons }) => {
  if (buttons === 0 && now.presses.has('pointer')) release('pointer')
})
window.addEventListener('blur', () => {
  release('pointer')
  release('key')
})

function release(kind) {
  // After what the press itself does.
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
  // The title of a tab in the background says as well that something is wrong.
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

// A relative time says on focus when that is; on hover its title does.
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
// A menu closes when somebody goes on elsewhere.
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

// A notice is shown once.
const address = new URL(location.href)
if (address.searchParams.has('notice')) {
  address.searchParams.delete('notice')
  history.replaceState(null, '', address)
}

offerCopies()
listen()
setInterval(tick, 1000)
