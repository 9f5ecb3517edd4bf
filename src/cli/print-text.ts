import { fstatSync, readFileSync, writeFileSync } from 'node:fs'

/** Standard output as a path, where the system has one. */
const OUTPUT = '/dev/fd/1'

/** What npm prints before it runs a script, when it was not asked to be silent. */
const NPM_BANNER = /^\n> [^\n]+\n> [^\n]*\n\n$/

/** Prints a text; a file that holds nothing but the banner of `npm start` so far holds the text alone. */
export function printText(text: string): void {
  if (holdsBannerAlone()) writeFileSync(OUTPUT, text)
  else process.stdout.write(text)
}

function holdsBannerAlone(): boolean {
  try {
    return fstatSync(1).isFile() && NPM_BANNER.test(readFileSync(OUTPUT, 'utf8'))
  } catch {
    return false
  }
}
