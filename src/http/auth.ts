import type { NextFunction, Request, Response } from 'express'
import { AppError } from '../errors.ts'

/** Whether the peer of a connection is this machine itself. */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '')
}

/**
 * Actions are for whoever sits on this machine: from elsewhere, and for pages of other sites that a browser here has
 * open, they are refused.
 */
export function actionsOnly(request: Request, _response: Response, next: NextFunction): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new AppError('forbidden', 'requests from another site are refused')
  if (!isLoopback(request.socket.remoteAddress))
    throw new AppError(
      'forbidden',
      'actions are allowed only from the machine that the receiver runs on',
    )
  next()
}
