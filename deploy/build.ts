import { spawnSync } from 'node:child_process'
import { globSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import standalone from 'ajv/dist/standalone/index.js'
import { ajv } from '../src/config/validator.ts'

/** `npm run build`: the sources as JavaScript in dist, and in it the configuration's schemas as compiled code. */
const cwd = dirname(import.meta.dirname)
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']
const began = Date.now()
const { status } = spawnSync(process.execPath, tsc, { cwd, stdio: 'inherit' })
if (status !== 0) process.exit(1)

// A package must not contain modules whose source was deleted. The compiler writes each of its files anew.
const MARGIN_MS = 2_000
for (const file of globSync('dist/**/*.js', { cwd }))
  if (statSync(join(cwd, file)).mtimeMs < began - MARGIN_MS) rmSync(join(cwd, file))

// Even as a module, what Ajv writes calls `require` for its few functions that are needed at run time.
const REQUIRE =
  "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"
writeFileSync(
  join(cwd, 'dist/config/validator.js'),
  `${REQUIRE}${standalone.default(ajv, { validate: 'config', validateWeb: 'web', validateWebhookDingtalk: 'webhook-dingtalk' })}\n`,
)

/** Where the sources come from: git, or what an image's build is told. */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
const revision = process.env['REVISION'] || git('rev-parse', '--short=12', 'HEAD') || 'unknown'
const date = process.env['CREATED'] || git('log', '-1', '--format=%cI') || 'unknown'
writeFileSync(join(cwd, 'dist/build.json'), `${JSON.stringify({ revision, date })}\n`)
