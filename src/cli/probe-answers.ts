import type { Probe } from '../model/message.ts'
import type { TestOutcome } from '../reporting/test-outcome.ts'

/** What a person saw in the group; undefined without an answer. */
export interface Seen {
  copies: number | undefined
  notified: boolean | undefined
}

interface ProbeAnswer {
  question: string
  answer: string
  /** True if DingTalk's replies do not answer the question. */
  isOpen: boolean
}

type Outcomes = ReadonlyMap<Probe, TestOutcome>

/** Answers the questions of a probe from DingTalk's replies and from what a person saw. */
export function answersFrom(
  outcomes: Outcomes,
  { probes, seen }: { probes: readonly Probe[]; seen: Seen },
): ProbeAnswer[] {
  return [
    { question: 'a repeated msgUuid', ...repeatAnswer(outcomes.get('repeat'), seen.copies) },
    {
      question: 'isAtAll without @all',
      ...everyoneAnswer(outcomes.get('everyone'), seen.notified),
    },
    {
      question: 'a keyword in the title alone',
      ...(probes.includes('keyword')
        ? keywordAnswer(outcomes.get('keyword'))
        : { answer: 'not asked: the robot has no keywords', isOpen: false }),
    },
    { question: 'the limit of 20,000 bytes', ...sizeAnswer(outcomes.get('size')) },
  ]
}

type Answer = Omit<ProbeAnswer, 'question'>

const answered = (answer: string): Answer => ({ answer, isOpen: false })

function repeatAnswer(outcome: TestOutcome | undefined, copies: number | undefined): Answer {
  if (outcome === undefined || outcome.errcode === null) return unanswered(outcome)
  if (isAboutLoad(outcome)) return unanswered(outcome)
  const reply =
    outcome.errcode === 0 ? 'answered like the first' : `answered with ${replyOf(outcome)}`
  const known =
    outcome.state === 'sent'
      ? ''
      : ', which the receiver does not recognize as a repeat: please report it'
  const shown =
    copies === undefined
      ? 'check whether the group shows Test 1 once or twice'
      : copies === 1
        ? 'shown once'
        : 'shown twice: after a lost reply a message may appear twice'
  return answered(`${reply}${known}; ${shown}`)
}

function everyoneAnswer(outcome: TestOutcome | undefined, notified: boolean | undefined): Answer {
  if (outcome?.state !== 'sent') return unanswered(outcome)
  if (notified === undefined) return answered('accepted; check whether Test 2 notified everyone')
  return answered(
    notified ? 'notifies everyone: the flag is enough' : 'notifies no one: the text needs @all',
  )
}

function keywordAnswer(outcome: TestOutcome | undefined): Answer {
  if (outcome?.state === 'sent') return answered('is enough')
  if (outcome?.result === 'keyword') return answered(`is not enough: ${replyOf(outcome)}`)
  return unanswered(outcome)
}

function sizeAnswer(outcome: TestOutcome | undefined): Answer {
  if (outcome?.state === 'sent') return answered('counts the text: a larger body was accepted')
  if (outcome?.result === 'too_long') return answered(`counts the body: ${replyOf(outcome)}`)
  return unanswered(outcome)
}

function unanswered(outcome: TestOutcome | undefined): Answer {
  if (outcome === undefined)
    return { answer: 'not asked, because an earlier question has no answer', isOpen: true }
  return { answer: `no answer: ${outcome.words}`, isOpen: true }
}

/** True if DingTalk refused the call because of its load or limit, not because of the message. */
export function isAboutLoad({ result }: TestOutcome): boolean {
  return ['throttled', 'busy'].includes(result ?? '')
}

function replyOf({ errcode, errmsg }: TestOutcome): string {
  return `errcode ${errcode}${errmsg === null ? '' : ` ${JSON.stringify(errmsg)}`}`
}
