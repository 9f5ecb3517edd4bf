#!/usr/bin/env node
/** Older versions lack what the embedded store needs; nothing newer than they understand may run before this. */
const OLDEST_NODE = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `dingtalk-receiver needs Node.js ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}; "npm start" brings its own\n`,
  )
  process.exit(1)
}

// Node.js 22 calls node:sqlite experimental, which is no news to whoever reads this output.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.message}\n`)
})

// Whoever read the output may be gone; what is still to be told to DingTalk is not. Unheard, this error would be
// logged, to the same stream, which fails again, and so on for ever.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const { run } = await import('./cli/program.ts')
const code = await run(process.argv.slice(2))
// A pipe takes what was written when it likes, and an exit would cut off the rest.
for (const stream of [process.stdout, process.stderr])
  await new Promise((resolve) => stream.write('', resolve))
process.exit(code)
