import { createDingtalk } from './dingtalk/index.ts'

/** Every platform, by its name, as what makes its notifier. Another is a folder and one line here. */
export const notifiers = { dingtalk: createDingtalk } as const
