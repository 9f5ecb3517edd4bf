import { TemplateError } from '../templates/template-error.ts'
import { numberOf } from './values.ts'

/** Go can range over a number since 1.22; no message holds more. */
const MAX_COUNT = 10_000

/** The numbers from one up to another, which is left out. */
export function counted(from: number, to: number, step: number): number[] {
  const count = step === 0 ? 0 : Math.max(0, Math.ceil((to - from) / step))
  return Array.from({ length: Math.min(MAX_COUNT, count) }, (_, index) => from + index * step)
}

const number = (value: unknown): number => numberOf(value)
const whole = (value: unknown): number => Math.trunc(numberOf(value))

type Operation = (a: number, b: number) => number

/** A function of any count of numbers, from left to right. */
const folded =
  (by: Operation) =>
  (...values: unknown[]): number =>
    values.map(numberOf).reduce(by)

/** Sums of decimals are what they are on paper, as sprig's. */
const decimal = (by: Operation) => folded((a, b) => Number(by(a, b).toPrecision(15)))

const divided = (a: number, b: number): number => {
  if (b === 0) throw new TemplateError('division by zero')
  return a / b
}

const max = folded((a, b) => Math.max(a, b))
const min = folded((a, b) => Math.min(a, b))

/** As the program of this name: up to a number, or from one to another, by steps. */
const seq = (...values: unknown[]): string => {
  const [first = 0, second, third] = values.map(whole)
  const [from, to] = second === undefined ? [1, first] : [first, third ?? second]
  const step = third === undefined ? Math.sign(to - from) || 1 : (second ?? 1)
  return counted(from, to + Math.sign(step), step).join(' ')
}

/** The functions on numbers. */
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
  float64: number,
  until: (to: unknown) => counted(0, numberOf(to), numberOf(to) < 0 ? -1 : 1),
  untilStep: (from: unknown, to: unknown, step: unknown) =>
    counted(numberOf(from), numberOf(to), numberOf(step)),
  seq,
} as const
