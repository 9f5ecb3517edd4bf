import type { ClientRequest } from 'node:http'
import { request as requestPlain } from './node-http.ts'

export interface Posting {
  headers: Readonly<Record<string, string>>
  body: string | Buffer
}

export interface Reply {
  status: number
  text: string
}

/**
 * Posts to an address and returns the reply, whatever its status. Rejects if the signal fires before the whole reply
 * has arrived. Uses node:http and node:https, because `fetch` refuses ports such as 10080 and 6000.
 */
export function post(
  address: URL,
  { headers, body }: Posting,
  signal: AbortSignal,
): Promise<Reply> {
  const isTls = address.protocol === 'https:'
  const request = isTls ? process.getBuiltinModule('node:https').request : requestPlain
  const length = { 'Content-Length': String(Buffer.byteLength(body)) }
  return replyTo(
    request(address, { method: 'POST', headers: { ...headers, ...length }, signal }),
    body,
  )
}

/** Ends a request with its body and returns the whole reply; rejects if either is cut off. */
export function replyTo(request: ClientRequest, body: string | Buffer = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request
      .on('response', async (response) => {
        try {
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk as Buffer)
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
        } catch (error) {
          reject(error)
        }
      })
      .on('error', reject)
      .end(body)
  })
}
