import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The least that any receiver does: read the body and parse it. Everything is measured as a share of this. */
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
