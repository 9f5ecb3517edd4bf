/** The values of a cookie in a Cookie header; several if it was set for several paths. */
export function cookieValues(name: string, header = ''): string[] {
  return header
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${name}=`))
    .map((each) => each.slice(name.length + 1))
}
