import { spawn } from 'node:child_process'

/**
 * Reports a state of this process to systemd if a unit of `Type=notify` started it. Node.js has no Unix datagram sockets,
 * so the program systemd-notify sends it, and the unit needs `NotifyAccess=all`.
 */
export function notifySystemd(state: 'READY=1' | 'STOPPING=1', env = process.env): void {
  if (env['NOTIFY_SOCKET'] === undefined) return
  // If systemd-notify is missing, systemd reports a start timeout.
  spawn('systemd-notify', [state], { stdio: 'ignore' }).on('error', () => {})
}
