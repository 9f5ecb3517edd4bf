import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { AppError, messageOf } from '../errors.ts'

const FLAG = '--env-file'

/**
 * Reads the files that `--env-file` names into the environment; returns the command line without them. As with Node's
 * own flag, variables that are already set keep their values. Throws AppError usage or unreadable_file.
 */
export function readEnvFile(argv: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const rest: string[] = []
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] as string
    const isFlag = argument === FLAG
    if (!isFlag && !argument.startsWith(`${FLAG}=`)) {
      rest.push(argument)
      continue
    }
    const file = isFlag ? argv[index + 1] : argument.slice(FLAG.length + 1)
    if (isFlag) index += 1
    if (file === undefined || file === '')
      throw new AppError('usage', `${FLAG}: the name of a file is missing`)
    for (const [name, value] of Object.entries(variablesIn(file))) env[name] ??= value
  }
  return rest
}

function variablesIn(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new AppError('unreadable_file', `${FLAG}: cannot read ${file}: ${messageOf(error)}`)
  }
}
