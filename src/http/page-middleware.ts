import express from 'express'
import helmet from 'helmet'

/** Parses a form of the console, whose fields may occur more than once. The playground's payload is the largest. */
export const FORM = express.urlencoded({ extended: false, limit: '1mb', parameterLimit: 200 })

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
