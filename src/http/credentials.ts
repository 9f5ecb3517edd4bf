import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Credential } from '../model/access.ts'

/** True if a request's headers contain one of the credentials. */
export type Check = (headers: IncomingHttpHeaders) => boolean

/**
 * Returns a check in constant time: it hashes the given credential and compares it with the hash of every configured
 * one of the same kind.
 */
export function checkFor(credentials: readonly Credential[]): Check {
  const checks = [...Map.groupBy(credentials, locationOf)].map(([location, those]) => ({
    extract: extractorFor(location),
    hashes: those.map((each) => hashOf(textOf(each))),
  }))
  return (headers) =>
    checks.some(({ extract, hashes }) => {
      const given = extract(headers)
      return given !== undefined && isOneOf(hashOf(given), hashes)
    })
}

/** The WWW-Authenticate values of a 401. Basic is among them if users are configured. */
export function challengesOf(credentials: readonly Credential[], hasUsers = false): string[] {
  const kinds = new Set(credentials.map((each) => each.kind))
  if (hasUsers) kinds.add('basic')
  return [
    ...(kinds.has('basic') ? ['Basic realm="dingtalk-receiver", charset="UTF-8"'] : []),
    // A custom header has no scheme, and RFC 9110 requires a challenge in every 401.
    ...(kinds.has('bearer') || !kinds.has('basic') ? ['Bearer realm="dingtalk-receiver"'] : []),
  ]
}

export function hashOf(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** Compares with every hash, so that the time does not depend on the position of the match. */
function isOneOf(given: Buffer, hashes: readonly Buffer[]): boolean {
  let found = false
  for (const each of hashes) found = timingSafeEqual(given, each) || found
  return found
}

const HEADER = 'header '

function locationOf(credential: Credential): string {
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

function extractorFor(location: string): (headers: IncomingHttpHeaders) => string | undefined {
  if (location === 'bearer') return (headers) => schemeIn(headers.authorization, 'bearer')
  if (location === 'basic') return basicPairOf
  return (headers) => {
    const value = headers[location.slice(HEADER.length)]
    return typeof value === 'string' ? value : undefined
  }
}

/** `name:password` of Basic credentials, as they were sent. */
export function basicPairOf(headers: IncomingHttpHeaders): string | undefined {
  const pair = schemeIn(headers.authorization, 'basic')
  return pair === undefined ? undefined : Buffer.from(pair, 'base64').toString('utf8')
}

/** The credentials after a scheme name, which is case-insensitive. */
function schemeIn(header: string | undefined, scheme: string): string | undefined {
  if (header === undefined || header[scheme.length] !== ' ') return undefined
  if (header.slice(0, scheme.length).toLowerCase() !== scheme) return undefined
  return header.slice(scheme.length + 1).trim()
}
