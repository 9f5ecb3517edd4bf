#!/usr/bin/env node
/** Older versions lack features of node:sqlite that the store needs. The check uses only syntax that they support. */
const OLDEST_NODE = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `dingtalk-receiver needs Node.js ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}; a release's tarball and "npm start" in a checkout bring their own\n`,
  )
  process.exit(1)
}

// Node.js 22 warns that node:sqlite is experimental; a user cannot act on that.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.message}\n`)
})

// The reader of our output may exit. Ignore EPIPE: logging it would fail the same way, forever.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const { run } = await import('./cli/program.ts')
const code = await run(process.argv.slice(2))
// Pipes are written asynchronously, so exiting at once would cut off the output.
for (const stream of [process.stdout, process.stderr])
  await new Promise((resolve) => stream.write('', resolve))
process.exit(code)
