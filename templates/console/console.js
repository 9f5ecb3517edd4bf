// Updates the page, counts times, copies snippets. Every page works without it.
const LEAST_BETWEEN_MS = 1500
const FIRST_RETRY_MS = 1000
const MOST_RETRY_MS = 30000

// Above the folder of this file, wherever a proxy puts it.
const root = new URL('..', document.currentScript.src)
const state = document.querySelector('[data-live-state]')
// Times are relative to the receiver's clock.
const skew = Date.parse(document.documentElement.dataset.now) - Date.now()
const now = {
  stream: undefined,
  retryMs: FIRST_RETRY_MS,
  retry: undefined,
  asking: false,
  stale: false,
  last: 0,
  // A notice is taken out of the address, but stays on the page.
  address: location.href,
  asOf: document.documentElement.dataset.asOf,
  // While a button is pressed, what was fetched waits here.
  pressed: false,
  page: undefined,
}

function say(on) {
  if (!state) return
  state.hidden = false
  state.classList.toggle('on', on)
  const words = on ? state.dataset.on : state.dataset.off.replace('{time}', now.asOf)
  if (state.textContent !== words) state.textContent = words
}

function listen() {
  if (!document.querySelector('[data-live]') || now.stream) return
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
    // The session is over: the same page asks to sign in.
    if (response.status === 401) location.reload()
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (response.ok) now.asOf = page.documentElement.dataset.asOf ?? now.asOf
    // A page that says that the store is unavailable is shown as well; a proxy's is not.
    show(page)
    say(response.ok && now.stream?.readyState === EventSource.OPEN)
  } catch {
    say(false)
  }
  now.last = performance.now()
  now.asking = false
  if (now.stale) look()
}

function show(page) {
  now.page = page
  if (!now.pressed) showNow()
}

function showNow() {
  const { page } = now
  if (!page) return
  now.page = undefined
  for (const old of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(old.id)
    if (!fresh || !isFree(old)) continue
    keepChoices(old, fresh)
    for (const details of old.querySelectorAll('details[open][id]'))
      fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute('open', '')
    if (fresh.innerHTML === old.innerHTML) continue
    const scrolled = [...old.querySelectorAll('[data-keep-scroll]')].map((each) => each.scrollTop)
    const focused = pathTo(document.activeElement, old)
    old.replaceWith(fresh)
    for (const [index, each] of [...fresh.querySelectorAll('[data-keep-scroll]')].entries())
      each.scrollTop = scrolled[index] ?? 0
    if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true })
  }
  tick()
}

// What somebody chose and ticked is chosen in what comes in its place.
function keepChoices(old, fresh) {
  for (const form of old.querySelectorAll('form[action]')) {
    const same = fresh.querySelector(`form[action="${CSS.escape(form.getAttribute('action'))}"]`)
    if (!same) continue
    for (const field of form.querySelectorAll('select, input[type=checkbox]')) {
      const ticks = field.type === 'checkbox'
      const value = ticks ? `[value="${CSS.escape(field.value)}"]` : ''
      const other = same.querySelector(`[name="${CSS.escape(field.name)}"]${value}`)
      if (!other) continue
      if (ticks) other.checked = field.checked
      else other.value = field.value
    }
  }
}

// A press counts although the page changes meanwhile: nothing is replaced before it has ended.
for (const kind of ['pointerdown', 'keydown'])
  document.addEventListener(kind, () => {
    now.pressed = true
  })
for (const kind of ['pointerup', 'pointercancel', 'keyup'])
  document.addEventListener(kind, () => {
    setTimeout(() => {
      now.pressed = false
      showNow()
    })
  })
window.addEventListener('blur', () => {
  now.pressed = false
})

// Does not update while the user types or selects text.
function isFree(region) {
  const active = document.activeElement
  if (region.contains(active) && active.matches('input, select, textarea')) return false
  const selection = document.getSelection()
  return !selection || selection.isCollapsed || !region.contains(selection.anchorNode)
}

function pathTo(element, region) {
  if (!element || element === region || !region.contains(element)) return undefined
  if (element.matches('summary')) return `#${CSS.escape(element.parentElement.id)} > summary`
  if (element.matches('a[href]')) return `a[href="${CSS.escape(element.getAttribute('href'))}"]`
  const form = element.closest('form[action]')
  if (form) return `form[action="${CSS.escape(form.getAttribute('action'))}"] button`
  return element.dataset.keepScroll
    ? `[data-keep-scroll="${element.dataset.keepScroll}"]`
    : undefined
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
  for (const each of document.querySelectorAll('[data-since]'))
    each.textContent = duration(Date.now() + skew - Date.parse(each.dataset.since))
}

for (const button of document.querySelectorAll('[data-copies]')) {
  if (!navigator.clipboard) continue
  button.hidden = false
  const { textContent } = button
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
    button.textContent = button.dataset.copied
    setTimeout(() => {
      button.textContent = textContent
    }, 1500)
  })
}

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

listen()
setInterval(tick, 1000)
