import { createDingtalk } from './dingtalk/index.ts'

/** Every platform, as the function that creates its notifier. A new one needs a folder and one line here. */
export const notifiers = { dingtalk: createDingtalk } as const
