import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ALLOWED_LICENCES, licencesOf, type Sbom } from './licences.ts'

/**
 * `npm run sbom`: writes dist/sbom.cdx.json (CycloneDX: every package that ships, with its hash and licence) and
 * dist/licences.txt; ends with 1 when a licence is not among those that were agreed to.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const dist = fileURLToPath(new URL('../dist/', import.meta.url))

const text = execFileSync(
  'npm',
  [
    'sbom',
    '--omit=dev',
    '--package-lock-only',
    '--sbom-format=cyclonedx',
    '--sbom-type=application',
  ],
  { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
)
const sbom: Sbom = JSON.parse(text)
// npm names it after the folder of the checkout.
sbom.metadata.component.name = 'dingtalk-receiver'
const licences = licencesOf(sbom)

mkdirSync(dist, { recursive: true })
writeFileSync(`${dist}sbom.cdx.json`, `${JSON.stringify(sbom, null, 2)}\n`)
writeFileSync(
  `${dist}licences.txt`,
  licences.map(({ name, licence }) => `${name}  ${licence}\n`).join(''),
)
const wrong = licences.filter(({ licence }) => !ALLOWED_LICENCES.has(licence))
for (const { name, licence } of wrong) process.stderr.write(`${name}: ${licence}\n`)
process.stdout.write(`${licences.length} packages: dist/sbom.cdx.json, dist/licences.txt\n`)
process.exitCode = wrong.length === 0 ? 0 : 1
