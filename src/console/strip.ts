import type { Cell, CellKind } from '../reporting/timeline.ts'
import { escaped } from './format.ts'

/** Each kind differs in shape as well as in color: a line, a block, half a block, a low block, a block with a gap. */
const SHAPES: Record<CellKind, readonly { y: number; height: number }[]> = {
  idle: [{ y: 8, height: 2 }],
  accepted: [{ y: 0, height: 10 }],
  retried: [{ y: 4, height: 6 }],
  paused: [{ y: 3, height: 4 }],
  refused: [
    { y: 0, height: 4 },
    { y: 6, height: 4 },
  ],
}

interface StripLabels {
  summary: string
  /** The tooltip of a run. */
  run: (run: Run) => string
}

/** Consecutive minutes of one kind. */
interface Run {
  kind: CellKind
  from: Date
  minutes: number
  calls: number
}

/** Draws the minutes of a robot as a strip, oldest first; its label describes them in words. */
export function stripSvg(cells: readonly Cell[], words: StripLabels): string {
  let x = 0
  const runs = runsOf(cells)
    .map((run) => {
      const left = x
      x += run.minutes * 10
      const shapes = SHAPES[run.kind]
        .map(
          ({ y, height }) =>
            `<rect x="${left}" y="${y}" width="${run.minutes * 10 - (run.kind === 'idle' ? 0 : 1)}" height="${height}"/>`,
        )
        .join('')
      return `<g class="${run.kind}"><title>${escaped(words.run(run))}</title>${shapes}</g>`
    })
    .join('')
  return `<svg class="strip" viewBox="0 0 ${Math.max(1, cells.length) * 10} 10" preserveAspectRatio="none" role="img" aria-label="${escaped(words.summary)}">${runs}</svg>`
}

/**
 * Merges consecutive minutes of one kind. Those with accepted calls stay separate, so that a busy hour shows as many
 * blocks.
 */
function runsOf(cells: readonly Cell[]): Run[] {
  const runs: Run[] = []
  for (const { at, kind, calls } of cells) {
    const last = runs.at(-1)
    if (last !== undefined && last.kind === kind && kind !== 'accepted') {
      last.minutes += 1
      last.calls += calls
    } else runs.push({ kind, from: at, minutes: 1, calls })
  }
  return runs
}
