import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Credential } from '../model/access.ts'

/** Whether the headers of a request show one of some credentials. */
export type Check = (headers: IncomingHttpHeaders) => boolean

/**
 * A check that hashes what a request shows and compares it with the hash of every credential that could be shown so, in
 * a time that tells nothing of how near it came.
 */
export function checkFor(credentials: readonly Credential[]): Check {
  const places = [...Map.groupBy(credentials, placeOf)].map(([place, those]) => ({
    shownAt: shownAt(place),
    hashes: those.map((each) => hashOf(textOf(each))),
  }))
  return (headers) =>
    places.some(({ shownAt, hashes }) => {
      const shown = shownAt(headers)
      return shown !== undefined && isOneOf(hashOf(shown), hashes)
    })
}

/** What a 401 asks for in WWW-Authenticate. */
export function challengesOf(credentials: readonly Credential[]): string[] {
  const kinds = new Set(credentials.map((each) => each.kind))
  return [
    ...(kinds.has('basic') ? ['Basic realm="dingtalk-receiver", charset="UTF-8"'] : []),
    // A header of its own has no scheme; the standard wants one named in every 401.
    ...(kinds.has('bearer') || !kinds.has('basic') ? ['Bearer realm="dingtalk-receiver"'] : []),
  ]
}

export function hashOf(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** All are compared, so that the place in the list does not show. */
function isOneOf(shown: Buffer, hashes: readonly Buffer[]): boolean {
  let found = false
  for (const each of hashes) found = timingSafeEqual(shown, each) || found
  return found
}

const HEADER = 'header '

function placeOf(credential: Credential): string {
  return credential.kind === 'header' ? `${HEADER}${credential.name}` : credential.kind
}

function textOf(credential: Credential): string {
  switch (credential.kind) {
    case 'bearer':
      return credential.token.reveal()
    case 'basic':
      return `${credential.username}:${credential.password.reveal()}`
    case 'header':
      return credential.value.reveal()
  }
}

function shownAt(place: string): (headers: IncomingHttpHeaders) => string | undefined {
  if (place === 'bearer') return (headers) => schemeIn(headers.authorization, 'bearer')
  if (place === 'basic')
    return (headers) => {
      const pair = schemeIn(headers.authorization, 'basic')
      return pair === undefined ? undefined : Buffer.from(pair, 'base64').toString('utf8')
    }
  return (headers) => {
    const value = headers[place.slice(HEADER.length)]
    return typeof value === 'string' ? value : undefined
  }
}

/** What follows a scheme, whose name may be in any case. */
function schemeIn(header: string | undefined, scheme: string): string | undefined {
  if (header === undefined || header[scheme.length] !== ' ') return undefined
  if (header.slice(0, scheme.length).toLowerCase() !== scheme) return undefined
  return header.slice(scheme.length + 1).trim()
}
