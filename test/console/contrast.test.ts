import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

const CSS = readFileSync(
  new URL('../../templates/console/console.css', import.meta.url),
  'utf8',
).replace(/\/\*[\s\S]*?\*\//g, '')

type Colours = ReadonlyMap<string, string>

/** The variables of all `:root` blocks whose selector is one of these. */
function coloursOf(...selectors: readonly string[]): Colours {
  const blocks = [...CSS.matchAll(/(:root[^{},]*)\{([^{}]*)\}/g)]
  const chosen = blocks.filter(([, selector = '']) => selectors.includes(selector.trim()))
  const pairs = chosen.flatMap(([, , block = '']) => [...block.matchAll(/--([\w-]+):\s*([^;]+);/g)])
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]))
}

const LIGHT = coloursOf(':root')
const SYSTEM_DARK = coloursOf(':root:not([data-theme="light"])')
const DARK = coloursOf(':root[data-theme="dark"]')

/** Backgrounds of text. */
const isSurface = (name: string) =>
  ['back', 'card', 'sunk', 'paper', 'bubble'].includes(name) || name.endsWith('-back')
/** Rules between rows and around cards, and hatching: decoration, which carries no information. */
const DECORATION = ['line', 'tile-failed-line']
/** Backgrounds of buttons, with the color of the text on them. */
const ON: Readonly<Record<string, string>> = { 'on-accent': 'accent' }
/** Marks that carry information: borders of fields on any background, bars and signs on a card. */
const BORDERS = ['edge']
const BARS = [
  ...['received', 'delivered', 'waiting', 'failed', 'suppressed'],
  ...['tile-failed', 'tile-suppressed', 'pause'],
]
const SIGNS = [...BORDERS, ...BARS]

function luminance(colour: string): number {
  const short = /^#([\da-f])([\da-f])([\da-f])$/i.exec(colour)
  const hex =
    short === null
      ? colour.slice(1)
      : short
          .slice(1)
          .map((each) => each + each)
          .join('')
  assert.match(hex, /^[\da-f]{6}$/i, `${colour} is no plain colour`)
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function tooFaint(
  colours: Colours,
  names: readonly string[],
  { least, on = isSurface }: { least: number; on?: (surface: string) => boolean },
): string[] {
  const surfaces = [...colours].filter(([name]) => on(name))
  return names.flatMap((name) =>
    surfaces.flatMap(([surface, back]) => {
      const ratio = contrast(colours.get(name) as string, back)
      return ratio >= least ? [] : [`${name} on ${surface}: ${ratio.toFixed(2)} < ${least}`]
    }),
  )
}

describe("the console's colours", () => {
  test('are the same in a dark theme chosen by the system or by a person, and all defined in both themes', () => {
    assert.deepEqual([...SYSTEM_DARK], [...DARK])
    assert.deepEqual([...LIGHT.keys()].sort(), [...DARK.keys()].sort())
  })

  test('are defined only in variables, so that each of them is measured', () => {
    const rules = CSS.replace(/:root[^{},]*\{[^{}]*\}/g, '')
    const literal = [...rules.matchAll(/[^{}]*(?:#[\da-f]{3,8}\b|rgba?\(|hsla?\()[^;}]*/gi)]
      .map(([each]) => each.trim())
      // A mask and a shadow have no color that is seen.
      .filter((each) => !/mask-image|box-shadow/.test(each))
    assert.deepEqual(literal, [])
  })

  for (const [theme, colours] of [
    ['light', LIGHT],
    ['dark', DARK],
  ] as const) {
    test(`has text of at least 4.5 to 1 on every surface: ${theme}`, () => {
      const texts = [...colours.keys()].filter(
        (name) =>
          !isSurface(name) && ![...DECORATION, ...SIGNS].includes(name) && !Object.hasOwn(ON, name),
      )
      assert.ok(texts.length >= 12)
      assert.deepEqual(tooFaint(colours, texts, { least: 4.5 }), [])
      for (const [text, back] of Object.entries(ON)) {
        const ratio = contrast(colours.get(text) as string, colours.get(back) as string)
        assert.ok(ratio >= 4.5, `${text}: ${ratio.toFixed(2)}`)
      }
    })

    test(`has borders of fields, bars and marks of at least 3 to 1: ${theme}`, () => {
      assert.deepEqual(tooFaint(colours, BORDERS, { least: 3 }), [])
      const bars = BARS.filter((name) => colours.has(name))
      assert.ok(bars.length >= 2)
      const on = (name: string) => name === 'card'
      assert.deepEqual(tooFaint(colours, bars, { least: 3, on }), [])
      // The used part of a meter must differ from what is left.
      for (const name of ['delivered', 'waiting', 'bad']) {
        const ratio = contrast(colours.get(name) as string, colours.get('line') as string)
        assert.ok(ratio >= 3, `${name} beside line: ${ratio.toFixed(2)}`)
      }
    })
  }
})
