import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { galleryPage } from './page.ts'

/** `npm run gallery [-- FILE]`: writes a page with every message in every language and format, as DingTalk shows it. */
const file = resolve(process.argv[2] ?? 'data/gallery.html')
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, await galleryPage())
process.stdout.write(`${file}\n`)
