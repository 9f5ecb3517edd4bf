/**
 * Node's HTTP server without `fetch`: an `import` of node:http evaluates every export, one of which loads `fetch` and
 * costs 14 MB and 25 ms.
 */
export const { createServer, IncomingMessage, request, ServerResponse } =
  process.getBuiltinModule('node:http')
