import { TemplateError } from '../templates/template-error.ts'
import { numberOf } from './values.ts'

/** Limits lists of numbers and `range` over a number (Go 1.22); no message has room for more. */
const MAX_COUNT = 10_000

/** The numbers from `from` up to, but not including, `to`; at most MAX_COUNT. */
export function counted(from: number, to: number, step: number): number[] {
  const count = step === 0 ? 0 : Math.max(0, Math.ceil((to - from) / step))
  return Array.from({ length: Math.min(MAX_COUNT, count) }, (_, index) => from + index * step)
}

const whole = (value: unknown): number => Math.trunc(numberOf(value))

type Operation = (a: number, b: number) => number

/** Applies an operation to any number of arguments, from left to right. */
const folded =
  (by: Operation) =>
  (...values: unknown[]): number =>
    values.map(numberOf).reduce(by)

/** Rounds to 15 digits, so that 0.1 + 0.2 is 0.3, as in sprig. */
const decimal = (by: Operation) => folded((a, b) => Number(by(a, b).toPrecision(15)))

const divided = (a: number, b: number): number => {
  if (b === 0) throw new TemplateError('division by zero')
  return a / b
}

const max = folded((a, b) => Math.max(a, b))
const min = folded((a, b) => Math.min(a, b))

/** Like the program `seq`: LAST, or FIRST LAST, or FIRST STEP LAST. */
const seq = (...values: unknown[]): string => {
  const [first = 0, second, third] = values.map(whole)
  const [from, to] = second === undefined ? [1, first] : [first, third ?? second]
  const step = third === undefined ? Math.sign(to - from) || 1 : (second ?? 1)
  return counted(from, to + Math.sign(step), step).join(' ')
}

export const NUMBERS = {
  add: folded((a, b) => a + b),
  add1: (value: unknown) => numberOf(value) + 1,
  sub: (a: unknown, b: unknown) => numberOf(a) - numberOf(b),
  mul: folded((a, b) => a * b),
  div: folded((a, b) => Math.trunc(divided(a, b))),
  mod: folded((a, b) => a - b * Math.trunc(divided(a, b))),
  max,
  min,
  biggest: max,
  addf: decimal((a, b) => a + b),
  add1f: (value: unknown) => numberOf(value) + 1,
  subf: decimal((a, b) => a - b),
  mulf: decimal((a, b) => a * b),
  divf: folded(divided),
  maxf: max,
  minf: min,
  ceil: (value: unknown) => Math.ceil(numberOf(value)),
  floor: (value: unknown) => Math.floor(numberOf(value)),
  round: (value: unknown, digits: unknown) => {
    const scale = 10 ** Math.min(20, Math.max(0, numberOf(digits)))
    return Math.round(numberOf(value) * scale) / scale
  },
  int: whole,
  int64: whole,
  atoi: whole,
  float64: numberOf,
  until: (to: unknown) => counted(0, numberOf(to), numberOf(to) < 0 ? -1 : 1),
  untilStep: (from: unknown, to: unknown, step: unknown) =>
    counted(numberOf(from), numberOf(to), numberOf(step)),
  seq,
} as const
