// A cross-hair on the chart, by pointer, touch and arrow keys. The columns are links, also without this script. It is
// wrapped in a function, so that the other scripts do not share its names.
;(() => {
  const chosen = { column: undefined, href: undefined, byKeys: false }

  const chart = () => document.getElementById('chart')
  const columnAt = (index) => chart()?.querySelector(`[data-column="${index}"]`)

  function show(index) {
    const box = chart()
    const column = columnAt(index)
    if (!box || !column) return
    chosen.column = index
    chosen.href = column.getAttribute('href')
    const share = 100 / Number(box.dataset.columns)
    const cross = box.querySelector('.cross')
    cross.style.left = `${index * share}%`
    cross.style.width = `${share}%`
    cross.hidden = false
    const readout = box.querySelector('.readout')
    const text = column.querySelector('title').textContent
    if (readout.textContent !== text) readout.textContent = text
    readout.hidden = false
  }

  function hide() {
    chosen.column = undefined
    chosen.byKeys = false
    for (const each of chart()?.querySelectorAll('.cross, .readout') ?? []) each.hidden = true
  }

  // The column at a horizontal position, at any height: a finger is wider than a column.
  function indexUnder(event) {
    const plot = event.target.closest?.('.plot')
    if (!plot) return undefined
    const { left, width } = plot.getBoundingClientRect()
    const columns = Number(chart().dataset.columns)
    const index = Math.floor(((event.clientX - left) / width) * columns)
    return Math.min(columns - 1, Math.max(0, index))
  }

  for (const kind of ['pointermove', 'pointerdown'])
    document.addEventListener(kind, (event) => {
      const index = indexUnder(event)
      if (index !== undefined) show(index)
      else if (chosen.column !== undefined && document.activeElement !== chart()) hide()
    })

  // The first touch shows the counts of a column; a second touch on it, or on the counts, opens its alerts.
  const touched = { column: undefined }
  document.addEventListener(
    'click',
    (event) => {
      const index = indexUnder(event)
      const opens = event.target.closest?.('.readout') && chosen.column !== undefined
      if (opens) return void columnAt(chosen.column)?.dispatchEvent(new MouseEvent('click'))
      if (index === undefined || event.pointerType !== 'touch' || !event.isTrusted) return
      if (touched.column !== index) event.preventDefault()
      touched.column = index
    },
    true,
  )

  const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e6, End: 1e6 }

  document.addEventListener('keydown', (event) => {
    const box = chart()
    if (!box || document.activeElement !== box) return
    const columns = Number(box.dataset.columns)
    if (event.key === 'Escape') return hide()
    if (event.key === 'Enter' && chosen.column !== undefined) {
      location.href = columnAt(chosen.column).getAttribute('href')
      return
    }
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    chosen.byKeys = true
    show(Math.min(columns - 1, Math.max(0, (chosen.column ?? columns - (step < 0 ? 0 : 1)) + step)))
  })

  document.addEventListener('focusout', (event) => {
    // Without a related target, the chart was replaced and is focused again.
    if (event.target.id === 'chart' && event.relatedTarget) hide()
  })

  // When an update replaces the chart, the new one shows the same column.
  new MutationObserver(() => {
    const box = chart()
    if (chosen.column === undefined || !box?.querySelector('.cross').hidden) return
    // The column moves each minute, so it is found by its link.
    const same = box.querySelector(`[href="${CSS.escape(chosen.href)}"]`)
    if (!same) return hide()
    show(Number(same.dataset.column))
    if (chosen.byKeys && document.activeElement === document.body)
      box.focus({ preventScroll: true })
  }).observe(document.getElementById('main') ?? document.body, {
    ...{ childList: true, subtree: true, attributes: true },
    attributeFilter: ['hidden'],
  })
})()
