import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Networks } from '../model/access.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

/**
 * A set of IPv4 and IPv6 addresses and CIDR ranges; an IPv4-mapped IPv6 address counts as IPv4. Throws an Error with
 * the reason at the first invalid text.
 */
export function networksOf(texts: readonly string[]): Networks {
  const ranges = texts.map(rangeOf)
  return {
    texts,
    has(address) {
      const parsed = ranges.length === 0 ? undefined : addressOf(address)
      return parsed !== undefined && ranges.some((range) => isWithin(parsed, range))
    },
  }
}

/** Why a text is not an address or range; undefined if it is one. */
export function faultOfNetwork(text: string): string | undefined {
  try {
    rangeOf(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function rangeOf(text: string): Range {
  const [host = '', prefix, ...rest] = text.trim().split('/')
  const family = isIP(host)
  const longest = family === 4 ? 32 : 128
  // Node's stricter check comes first: ipaddr.js reads 010.0.0.1 as octal and 10.1 as 10.0.0.1.
  if (family === 0 || host.includes('%') || rest.length > 0)
    throw new Error(
      `${JSON.stringify(text)} is not an address; write one such as 10.1.2.3, 10.0.0.0/8 or fd00::/8`,
    )
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest))
    throw new Error(
      `${JSON.stringify(text)} must have a prefix from 0 to ${longest}, or none for a single address`,
    )
  const address = ipaddr.parse(host)
  const bits = Number(prefix ?? longest)
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96
    ? [address.toIPv4Address(), bits - 96]
    : [address, bits]
}

function addressOf(text: string | undefined): Address | undefined {
  const host = text?.replace(/%.*$/s, '') ?? ''
  return isIP(host) === 0 ? undefined : ipaddr.process(host)
}

function isWithin(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}
