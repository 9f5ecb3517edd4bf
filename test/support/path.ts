import { World } from '../../src/simulation/world.ts'

export class Path extends World {
  /** One firing alert as OCP sends it. */
  ocp(target: string, changes: Record<string, string> = {}): Promise<void> {
    return this.post('ocp', {
      alarm_type: 'rule',
      alarm_name: 'Rule',
      alarm_target: target,
      alarm_level: '3',
      ...changes,
    })
  }
}
