// Updates the page, counts times, copies snippets. Every page works without it.
const LEAST_BETWEEN_MS = 1500

// Above the folder of this file, wherever a proxy puts it.
const root = new URL('..', document.currentScript.src)
const state = document.querySelector('[data-live-state]')
// Times are relative to the receiver's clock.
const skew = Date.parse(document.documentElement.dataset.now) - Date.now()
const now = { stream: undefined, asking: false, stale: false, last: 0 }

function say(on) {
  if (!state) return
  state.hidden = false
  state.classList.toggle('on', on)
  state.textContent = on ? state.dataset.on : state.dataset.off
}

function listen() {
  if (!document.querySelector('[data-live]') || now.stream) return
  now.stream = new EventSource(new URL('events', root))
  now.stream.addEventListener('open', () => say(true))
  now.stream.addEventListener('error', () => say(false))
  now.stream.addEventListener('change', () => look())
}

// A hidden tab closes its connection; browsers allow six per host.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    now.stream?.close()
    now.stream = undefined
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
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } })
    if (response.ok) show(new DOMParser().parseFromString(await response.text(), 'text/html'))
    say(response.ok)
  } catch {
    say(false)
  }
  now.last = performance.now()
  now.asking = false
  if (now.stale) look()
}

function show(page) {
  for (const old of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(old.id)
    if (!fresh || !isFree(old)) continue
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
