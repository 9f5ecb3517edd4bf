/** Text without blank lines, and without blanks at the end of a line. */
export function condensed(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd())
  return lines.filter((line) => line !== '').join('\n')
}
