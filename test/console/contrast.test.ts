import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

const CSS = readFileSync(
  new URL('../../templates/console/console.css', import.meta.url),
  'utf8',
).replace(/\/\*[\s\S]*?\*\//g, '')

type Colours = ReadonlyMap<string, string>

/** The colours of each `:root` block: light, dark by the system's choice, dark by the person's. */
const [LIGHT, SYSTEM_DARK, DARK] = [...CSS.matchAll(/:root[^{}]*\{([^{}]*--back[^{}]*)\}/g)].map(
  ([, block = '']): Colours =>
    new Map(
      [...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
) as [Colours, Colours, Colours]

/** What text stands on. */
const isSurface = (name: string) =>
  ['back', 'card', 'sunk', 'paper', 'bubble'].includes(name) || name.endsWith('-back')
/** Rules between rows and around cards, which nobody needs to see to know what is there. */
const DECORATION = ['line']
/** Surfaces of buttons, with the text on them. */
const ON: Readonly<Record<string, string>> = { 'on-accent': 'accent' }
/** What is no text but says something: borders of fields, bars, marks. */
const SIGNS = ['edge', 'received', 'delivered', 'waiting', 'failed', 'suppressed']

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

function tooFaint(colours: Colours, names: readonly string[], least: number): string[] {
  const surfaces = [...colours].filter(([name]) => isSurface(name))
  return names.flatMap((name) =>
    surfaces.flatMap(([surface, back]) => {
      const ratio = contrast(colours.get(name) as string, back)
      return ratio >= least ? [] : [`${name} on ${surface}: ${ratio.toFixed(2)} < ${least}`]
    }),
  )
}

describe("the console's colours", () => {
  test('are the same in the dark that the system and that a person chooses, and all in both themes', () => {
    assert.deepEqual([...SYSTEM_DARK], [...DARK])
    assert.deepEqual([...LIGHT.keys()].sort(), [...DARK.keys()].sort())
  })

  test('stand in variables alone, so that each of them is measured', () => {
    const rules = CSS.replace(/:root[^{}]*\{[^{}]*--back[^{}]*\}/g, '')
    const literal = [...rules.matchAll(/[^{}]*(?:#[\da-f]{3,8}\b|rgba?\(|hsla?\()[^;}]*/gi)]
      .map(([each]) => each.trim())
      // A mask and a shadow show no colour of their own.
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
      assert.deepEqual(tooFaint(colours, texts, 4.5), [])
      for (const [text, back] of Object.entries(ON)) {
        const ratio = contrast(colours.get(text) as string, colours.get(back) as string)
        assert.ok(ratio >= 4.5, `${text}: ${ratio.toFixed(2)}`)
      }
    })

    test(`has borders of fields, bars and marks of at least 3 to 1: ${theme}`, () => {
      const signs = SIGNS.filter((name) => colours.has(name))
      assert.ok(signs.length >= 4)
      assert.deepEqual(tooFaint(colours, signs, 3), [])
      // What of a meter is used up differs from what is left.
      for (const name of ['delivered', 'waiting', 'bad']) {
        const ratio = contrast(colours.get(name) as string, colours.get('line') as string)
        assert.ok(ratio >= 3, `${name} beside line: ${ratio.toFixed(2)}`)
      }
    })
  }
})
