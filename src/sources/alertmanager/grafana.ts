type Texts = Readonly<Record<string, string>>

/** Limit on the values shown for one alert. */
const MAX_VALUES = 20

/**
 * The measured values that Grafana sends: `97.2` for a single one, `A=97.2, C=1` for several. Reads the object
 * `values`, else the text `valueString`. Undefined if there are none.
 */
export function measuredValueOf(fields: Texts): string | undefined {
  const values = (inObject(fields['values']) ?? inValueString(fields['valueString']) ?? []).slice(
    0,
    MAX_VALUES,
  )
  const [only] = values
  if (only === undefined) return undefined
  return values.length === 1
    ? only[1]
    : values.map(([name, value]) => `${name}=${value}`).join(', ')
}

type Values = (readonly [string, string])[]

function inObject(text: string | undefined): Values | undefined {
  if (text === undefined || !text.startsWith('{')) return undefined
  try {
    const values = Object.entries(JSON.parse(text) as Record<string, unknown>).flatMap(
      ([name, value]) =>
        typeof value === 'number' || typeof value === 'string'
          ? [[name, String(value)] as const]
          : [],
    )
    return values.length === 0 ? undefined : values
  } catch {
    return undefined
  }
}

/** Grafana writes `[ var='B' labels={instance=db-1} value=97.2 ], [ var='C' … ]`. */
function inValueString(text: string | undefined): Values | undefined {
  if (text === undefined) return undefined
  const values = text
    .slice(0, 10_000)
    .split("[ var='")
    .slice(1)
    .flatMap((part) => {
      const name = part.slice(0, Math.max(0, part.indexOf("'")))
      const at = part.lastIndexOf(' value=')
      const [value = ''] = part
        .slice(at + ' value='.length)
        .trim()
        .split(/\s/, 1)
      return at < 0 || value === '' ? [] : [[name, value] as const]
    })
  return values.length === 0 ? undefined : values
}
