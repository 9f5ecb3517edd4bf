/** Close to DingTalk's clients: widths, sizes and colours of the chat in both themes. */
export const STYLE = `
*{box-sizing:border-box}body{margin:0;background:#d8dbe0;font:15px/1.5 -apple-system,"PingFang SC","Noto Sans CJK SC","Noto Color Emoji",sans-serif}
header{position:sticky;top:0;background:#fff;padding:8px 16px;z-index:1;display:flex;gap:12px;flex-wrap:wrap}
main{display:flex;flex-wrap:wrap;align-items:flex-start}h2{max-width:660px}.one h2{max-width:360px}
header select{margin-right:6px}section{padding:8px 16px}section[hidden],.frame[hidden]{display:none}
h2{font-size:15px;margin:6px 0}h2 small{font-weight:400;color:#556}
.frames{display:flex;gap:16px;align-items:flex-start;flex-wrap:wrap}
.frame{border-radius:8px;overflow:hidden;padding-bottom:12px}
.pc{width:660px;font-size:14px}.phone{width:360px;font-size:16px}
.light{background:#f2f3f5;color:#171a1d}.dark{background:#111213;color:#e4e5e6}
.preview{display:flex;gap:8px;padding:10px 12px;align-items:center;border-bottom:1px solid #8883}
.light .preview{background:#fff}.dark .preview{background:#1b1c1e}
.preview div{min-width:0;flex:1}.preview p{margin:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;opacity:.7;font-size:14px}
.preview time{font-size:12px;opacity:.5}i{font-style:normal;width:36px;height:36px;border-radius:6px;background:#3296fa33;display:grid;place-items:center;flex:none}
.message{display:flex;gap:8px;padding:12px}.said{min-width:0;max-width:calc(100% - 44px)}.said small{opacity:.6;display:block}
.bubble{padding:10px 12px;border-radius:8px;overflow-wrap:anywhere}
.light .bubble,.light .buttons{background:#fff}.dark .bubble,.dark .buttons{background:#232427}
.bubble :first-child{margin-top:0}.bubble :last-child{margin-bottom:0}
.bubble h3{font-size:1.2em;line-height:1.35;margin:0 0 8px}.bubble h4{font-size:1.05em;margin:14px 0 4px}
.bubble p{margin:6px 0}.bubble ul{margin:4px 0;padding-left:18px}.bubble blockquote{margin:0 0 8px;padding-left:10px;border-left:3px solid #8886;opacity:.8}
a{color:#007fff;text-decoration:none}.dark a{color:#4da3ff}.at{color:#007fff}
.buttons{margin-top:1px;border-radius:0 0 8px 8px}.buttons a{display:block;text-align:center;padding:10px;border-top:1px solid #8883}
`

/** Filters that the address carries, so that a view can be linked to. */
export const SCRIPT = `
const asked = new URLSearchParams(location.search)
const sections = [...document.querySelectorAll('section')]
const frames = [...document.querySelectorAll('.frame')]
const keys = ['language', 'format', 'situation']
const values = { frame: [...new Set(frames.map((each) => each.dataset.frame))] }
for (const key of keys) values[key] = [...new Set(sections.map((each) => each.dataset[key]))]
const chosen = Object.fromEntries([...keys, 'frame'].map((key) => [key, asked.get(key) ?? '']))
const defaults = { language: 'en-US', format: 'markdown' }
for (const key of Object.keys(defaults)) if (!asked.has(key)) chosen[key] = defaults[key]
function show() {
  for (const each of sections)
    each.hidden = keys.some((key) => chosen[key] !== '' && each.dataset[key] !== chosen[key])
  for (const each of frames) each.hidden = chosen.frame !== '' && each.dataset.frame !== chosen.frame
}
for (const key of [...keys, 'frame']) {
  const select = document.createElement('select')
  for (const value of ['', ...values[key]]) select.add(new Option(value || 'every ' + key, value))
  select.value = chosen[key]
  select.onchange = () => { chosen[key] = select.value; show() }
  document.querySelector('#filters').append(select)
}
show()
`
