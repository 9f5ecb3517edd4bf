import { existsSync, readFileSync } from 'node:fs'

/** What the build recorded: the revision of the sources and the day of their last change. */
interface Build {
  revision: string
  date: string
}

function jsonAt(path: string): unknown {
  const url = new URL(path, import.meta.url)
  return existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')) : undefined
}

/** The version in package.json, which is one folder above src/ and above dist/. */
export const VERSION: string = (jsonAt('../package.json') as { version: string }).version

/** Unknown if the sources run without a build. */
export const BUILD: Build = (jsonAt('./build.json') as Build | undefined) ?? {
  revision: 'unknown',
  date: 'unknown',
}

/** The version on one line, for people. */
export function versionText(): string {
  return `dingtalk-receiver ${VERSION} (revision ${BUILD.revision}, built ${BUILD.date}, Node.js ${process.versions.node})`
}
