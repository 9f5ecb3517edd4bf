import { fstatSync, readFileSync, writeFileSync } from 'node:fs'

/** Path of standard output, on systems that have one. */
const OUTPUT = '/dev/fd/1'

/** Matches the lines that npm prints before it runs a script, unless it runs with --silent. */
const NPM_BANNER = /^\n> [^\n]+\n> [^\n]*\n\n$/

/** Prints a text. If output goes to a file that has only npm's lines so far, the text replaces them. */
export function printText(text: string): void {
  if (hasOnlyBanner()) writeFileSync(OUTPUT, text)
  else process.stdout.write(text)
}

function hasOnlyBanner(): boolean {
  try {
    return fstatSync(1).isFile() && NPM_BANNER.test(readFileSync(OUTPUT, 'utf8'))
  } catch {
    return false
  }
}
