/**
 * Node's HTTP module without `fetch`: an `import` of node:http evaluates every export, one of which loads `fetch` and
 * costs memory and time at the start.
 */
export const { createServer, IncomingMessage, request, ServerResponse } =
  process.getBuiltinModule('node:http')
