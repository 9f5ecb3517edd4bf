import { type Browser, chromium, type Page } from 'playwright-core'
import { needs } from '../support/program.ts'

const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Options for a test in a real browser: skipped without one, failed if `CI=true`. */
export const needsChromium = needs(PROGRAM, 'chromium (or set CHROMIUM to the path of one)')

/** A headless browser without background requests. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-default-apps',
      '--disable-domain-reliability',
      '--disable-sync',
      '--no-first-run',
      '--no-default-browser-check',
    ],
  })
}

export interface Look {
  theme: 'light' | 'dark'
  width: 360 | 1280 | 1440
}

export const LOOKS: readonly Look[] = [
  { theme: 'light', width: 1280 },
  { theme: 'dark', width: 1280 },
  { theme: 'light', width: 360 },
  { theme: 'dark', width: 360 },
]

/** A new page, with the errors that the browser reports while it is open. */
export async function openPage(
  browser: Browser,
  { theme, width }: Look = { theme: 'light', width: 1280 },
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: width === 360 ? 740 : 900 },
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.exposeFunction('complain', (what: string) => void complaints.push(what))
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', (event) =>
      complain('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`,
  })
  return { page, complaints }
}
