/**
 * Node's own server. An `import` of node:http reads all that it exports, and one of these loads the whole of `fetch`:
 * 14 MB and 25 ms that a receiver has no use for.
 */
export const { createServer, IncomingMessage, request, ServerResponse } =
  process.getBuiltinModule('node:http')
