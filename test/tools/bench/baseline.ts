import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The minimum work of any receiver, to read and parse the body: the baseline of all ratios. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString())
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.end('{"errcode":0,"errmsg":"ok"}')
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
