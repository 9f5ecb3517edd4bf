import { mobileFrom } from '../model/mobile.ts'
import type { Fault, Path } from './settings-context.ts'

/** Separator of mobiles. A blank separates only after a complete mainland number, or before a country code. */
const SEPARATOR = /[,，、;；\n]|(?<=(?<!\d)1\d{10})\s(?=\s*\d)|\s(?=\+)/

/** Parses mobiles from a list, or from one text as in OCP, into DingTalk's form. Reports a fault for anything else. */
export function mobilesAt(
  config: string | readonly (string | number)[] | undefined,
  path: Path,
  fault: Fault,
): string[] {
  const read = (text: string, where: Path): string[] => {
    if (text.trim() === '') return []
    const mobile = mobileFrom(text)
    if (mobile === undefined) fault(where, wordsFor(text))
    return mobile === undefined ? [] : [mobile]
  }
  return typeof config === 'string'
    ? config.split(SEPARATOR).flatMap((text) => read(text, path))
    : (config ?? []).flatMap((each, index) => read(String(each), [...path, index]))
}

function wordsFor(text: string): string {
  const written = JSON.stringify(text.trim().slice(0, 40))
  return text.includes('${')
    ? `${written} is not a mobile: mentions cannot contain variables; name the label or annotation in mention.labels`
    : `${written} is not a mobile; write its digits, with a country code unless it is from mainland China: "+852 9123 4567"`
}

/** Parses DingTalk's user ids; reports a fault for an id with a variable. */
export function usersAt(
  config: readonly (string | number)[] | undefined,
  path: Path,
  fault: Fault,
): string[] {
  const users = (config ?? []).map((each) => String(each).trim())
  for (const [index, user] of users.entries())
    if (user.includes('${'))
      fault(
        [...path, index],
        `${JSON.stringify(user.slice(0, 40))} is not a user id: mentions cannot contain variables; name the label or annotation in mention.labels`,
      )
  return users
}
