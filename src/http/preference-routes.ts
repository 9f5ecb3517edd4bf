import type { Router } from 'express'
import { THEMES } from '../model/console-page.ts'
import { type AdminDeps, pathIn, refuseCrossSite } from './admin.ts'
import { LANGUAGES } from './cookies.ts'
import { textIn } from './fields.ts'
import { FORM, PAGE_HEADERS } from './page-middleware.ts'
import { redirect } from './reply.ts'

const YEAR_SECONDS = 31_536_000

/** Adds the forms that choose the theme and the language; each redirects back to its page. */
export function preferenceRoutes(pages: Router, deps: Pick<AdminDeps, 'guard'>): void {
  const choose = (name: 'theme' | 'language', values: readonly string[]): void => {
    pages.post(`/${name}`, PAGE_HEADERS, refuseCrossSite(deps), FORM, (request, response) => {
      const chosen = textIn(request.body, name)
      const value = values.find((each) => each === chosen) ?? values[0]
      response.setHeader(
        'Set-Cookie',
        `${name}=${value}; Path=/; Max-Age=${YEAR_SECONDS}; HttpOnly; SameSite=Lax`,
      )
      redirect(response, pathIn(textIn(request.body, 'back')))
    })
  }
  choose('theme', THEMES)
  choose('language', LANGUAGES)
}
