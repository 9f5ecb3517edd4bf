// Shows the preview during typing, and shares the input by a link. The page works without this script.
const TYPING_MS = 250
// A larger payload is previewed only by the button.
const MAX_TYPED = 200000
const MAX_LINK = 60000
const MAX_UNPACKED = 1048576

const form = document.querySelector('form.play')
const shownState = () => document.getElementById('play-state')
const preview = { timer: undefined, asked: undefined }
const FIELDS = ['channel', 'source', 'payload', 'uses', 'template', 'format']

async function render() {
  clearTimeout(preview.timer)
  // Aborts an earlier request, so that its response never replaces a later one.
  preview.asked?.abort()
  const asked = new AbortController()
  preview.asked = asked
  try {
    const body = new URLSearchParams(new FormData(form))
    const response = await fetch(form.action, { method: 'POST', body, signal: asked.signal })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (asked.signal.aborted) return
    const result = page.getElementById('result')
    if (!result) return fail(response.status === 401 ? 'signIn' : 'off')
    document.getElementById('own-template').textContent =
      page.getElementById('own-template').textContent
    Idiomorph.morph(document.getElementById('result'), result, { callbacks: KEEP })
  } catch {
    if (!asked.signal.aborted) fail('off')
  }
}

function fail(why) {
  const place = shownState()
  place.textContent = place.dataset[why]
  place.hidden = false
}

form.addEventListener('input', () => {
  clearTimeout(preview.timer)
  if (form.elements.payload.value.length > MAX_TYPED) return
  preview.timer = setTimeout(render, TYPING_MS)
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  render()
})

// The input is in the fragment of the link, which browsers do not send: a payload may contain secrets.
async function link() {
  const values = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]))
  const bytes = new TextEncoder().encode(JSON.stringify(values))
  const packed = await through(bytes, new CompressionStream('deflate-raw'))
  const text = btoa(Array.from(packed, (each) => String.fromCharCode(each)).join(''))
  const url = new URL(form.action)
  url.hash = `play=${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
  return url.href
}

async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader()
  const parts = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer())
    parts.push(value)
    length += value.length
    if (length > MAX_UNPACKED) throw new RangeError('too long')
  }
}

async function openLink() {
  const packed = /^#play=([\w-]{1,80000})$/.exec(location.hash)?.[1]
  if (!packed) return
  try {
    const text = atob(packed.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(text, (each) => each.charCodeAt(0))
    const json = await through(bytes, new DecompressionStream('deflate-raw'))
    const values = JSON.parse(new TextDecoder().decode(json))
    for (const name of FIELDS) {
      const field = form.elements[name]
      const value = values[name]
      if (typeof value !== 'string') continue
      // A channel that does not exist here is skipped.
      if (field.options && ![...field.options].some((option) => option.value === value)) continue
      field.value = value
    }
  } catch {
    // An incomplete link changes nothing.
  }
}

const share = document.getElementById('share')
share.hidden = false
document.getElementById('share-hint').hidden = false
share.addEventListener('click', async () => {
  const href = await link()
  const status = document.getElementById('shared')
  if (href.length > MAX_LINK) {
    status.textContent = share.dataset.long
    return
  }
  history.replaceState(null, '', href)
  // Browsers allow copying only over TLS or on localhost.
  const copied = await navigator.clipboard?.writeText(href).then(
    () => true,
    () => false,
  )
  status.textContent = copied ? share.dataset.copied : share.dataset.shown
})
window.addEventListener('hashchange', () => openLink().then(render))
openLink().then(render)
