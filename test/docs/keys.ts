interface Schema {
  type?: string | readonly string[]
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  properties?: Readonly<Record<string, Schema>>
  additionalProperties?: boolean | Schema
  items?: Schema
  oneOf?: readonly Schema[]
}

export interface Key {
  path: string
  schema: Schema
}

/** True for a secret: its `{file: …}` and `{env: …}` are not keys of their own. */
function isSecret({ oneOf }: Schema): boolean {
  return oneOf?.some(({ properties }) => properties !== undefined && 'file' in properties) ?? false
}

/** Every key of the configuration with its path: `channels.NAME.mention.rules[].matchers`. */
export function keysOf(schema: Schema, path = ''): Key[] {
  const found: Key[] = []
  const add = (at: string, child: Schema): void => {
    found.push({ path: at, schema: child })
    if (!isSecret(child)) found.push(...keysOf(child, at))
  }
  for (const [name, child] of Object.entries(schema.properties ?? {}))
    add(path === '' ? name : `${path}.${name}`, child)
  if (typeof schema.additionalProperties === 'object')
    found.push(...keysOf(schema.additionalProperties, `${path}.NAME`))
  if (schema.items !== undefined) found.push(...keysOf(schema.items, `${path}[]`))
  for (const each of schema.oneOf ?? []) found.push(...keysOf(each, path))
  return found
}
