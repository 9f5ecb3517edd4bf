import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import standalone from 'ajv/dist/standalone/index.js'
import { ajv, validate } from '../src/config/validator.ts'

/** `npm run build`: the sources as JavaScript in dist, and in it the configuration's schema as compiled code. */
const cwd = dirname(import.meta.dirname)
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']
const { status } = spawnSync(process.execPath, tsc, { cwd, stdio: 'inherit' })
if (status !== 0) process.exit(1)

// Even as a module, what Ajv writes calls `require` for its few functions that are needed at run time.
const REQUIRE =
  "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"
writeFileSync(
  join(cwd, 'dist/config/validator.js'),
  `${REQUIRE}${standalone.default(ajv, validate)}\n`,
)
