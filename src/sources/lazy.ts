import type { Alert } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'

/** An alert whose variables are mapped when somebody first reads them: accepting needs few of them. */
export function lazyAlert(alert: Omit<Alert, 'variables'>, variables: () => Variables): Alert {
  let mapped: Variables | undefined
  return {
    ...alert,
    get variables(): Variables {
      mapped ??= variables()
      return mapped
    },
  }
}
