// Before a script in TypeScript, in JavaScript that any Node.js reads: says in one sentence what is missing.
'use strict'
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '..')
const [major, minor] = process.versions.node.split('.').map(Number)
const isOld = major < 22 || (major === 22 && minor < 19)
const missing = ['typescript', 'ajv'].filter((each) => !existsSync(join(root, 'node_modules', each)))

function end(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

if (missing.length > 0)
  end('A checkout needs the development packages: run npm ci, without --omit=dev, in this folder.')
if (isOld)
  end(
    `This is Node.js ${process.versions.node}, and 22.19 or newer is needed: run npm ci without --ignore-scripts, which brings it along, or install it.`,
  )
