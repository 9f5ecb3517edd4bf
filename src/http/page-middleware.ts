import express from 'express'
import helmet from 'helmet'

/** Limit of a submitted form; the playground's payload is the largest. */
const MAX_FORM_BYTES = 1024 * 1024

/** Parses a form of the console, whose fields may occur more than once. */
export const FORM = express.urlencoded({
  extended: false,
  limit: MAX_FORM_BYTES,
  parameterLimit: 200,
})

/** Parses a form that may be submitted without admin access. */
export const SMALL_FORM = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 10 })

/** The security headers of pages. The content security policy allows only the console's own scripts and styles. */
export const PAGE_HEADERS = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // HSTS applies to the whole host, so it would force TLS on its other ports.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'same-origin' },
})
