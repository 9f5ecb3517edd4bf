import { request as requestPlain } from './node-http.ts'

export interface Posting {
  headers: Readonly<Record<string, string>>
  body: string | Buffer
}

/**
 * Posts to an address and returns the reply, whatever its status. Rejects if the signal fires before the whole reply
 * has arrived. Uses node:http and node:https, because `fetch` refuses ports such as 10080 and 6000.
 */
export function post(
  address: URL,
  { headers, body }: Posting,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const isTls = address.protocol === 'https:'
  const request = isTls ? process.getBuiltinModule('node:https').request : requestPlain
  const length = { 'Content-Length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...headers, ...length }, signal }
    request(address, options, async (response) => {
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
