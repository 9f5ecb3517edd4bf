import { spawn } from 'node:child_process'

/**
 * Tells systemd a state of this process, where a unit of `Type=notify` started it; does nothing elsewhere. Node.js has no
 * datagram sockets of files, so systemd's own program says it, and the unit needs `NotifyAccess=all`.
 */
export function notifySystemd(state: 'READY=1' | 'STOPPING=1', env = process.env): void {
  if (env['NOTIFY_SOCKET'] === undefined) return
  // A unit without the program is seen to time out by systemd, which says more than a line of ours could.
  spawn('systemd-notify', [state], { stdio: 'ignore' }).on('error', () => {})
}
