import { type Bisection, bisectionsOf } from '../../exam/bisections.ts'
import { Exam } from '../../exam/exam.ts'
import { answersByDevice, type Session } from '../../exam/session.ts'
import { escapeText } from '../../report/escape.ts'
import { answerWords, deviceName, knownLines, leftWords, questionWords } from '../../report/measure-words.ts'
import { amountOf, foundWords, searchTitle } from '../../report/measured/bisection-words.ts'
import { LimitScale } from '../../report/measured/limit-scale.ts'
import type { MeasuredDevice, MeasureSession, SearchPicture } from './view-contract.ts'

/** Eight devices are examined side by side; scanners are asked something too. */
const devicesAtMost = 12
const answersAtMost = 12

/** A measurement as its file has it: what was answered, and what comes next. Those that were asked last stand first. */
export function measureStatus({ header, recorded }: Pick<Session, 'header' | 'recorded'>): MeasureSession {
  const devices = [...answersByDevice(recorded)]
    .map(([device, answers]) => ({ device, exam: new Exam(answers) }))
    .sort((a, b) => lastOf(b.exam) - lastOf(a.exam))
  return {
    startedAt: header.startedAt.toISOString(),
    url: `https://${escapeText(header.hosts[0] ?? 'localhost')}:${header.port}/`,
    mqttPort: header.mqttPort,
    devices: devices.slice(0, devicesAtMost).map(({ device, exam }) => deviceStatus(device, exam)),
    hidden: Math.max(0, devices.length - devicesAtMost),
  }
}

function lastOf({ answers }: Exam): number {
  return answers.at(-1)?.outcome.at.getTime() ?? 0
}

function deviceStatus(device: string, exam: Exam): MeasuredDevice {
  const { address, print } = deviceName(device)
  const { answers } = exam
  const next = exam.next()
  const first = Math.max(0, answers.length - answersAtMost)
  return {
    name: escapeText(print === undefined ? address : `${address} (hello ${print})`, { maxChars: 80 }),
    connections: answers.length,
    lastAt: answers.at(-1)?.outcome.at.toISOString(),
    question: next && questionWords(next),
    left: next === undefined ? 'all is asked' : leftWords(exam),
    answers: answers
      .slice(first)
      .map((answer, index) => ({
        number: first + index + 1,
        question: questionWords(answer.probe),
        answer: answerWords(answer, exam),
      }))
      .reverse(),
    known: knownLines(exam).map(({ name, text }) => ({ name, text })),
    searches: bisectionsOf(exam).map(searchPicture),
  }
}

function searchPicture({ id, found, steps }: Bisection): SearchPicture {
  const scale = new LimitScale(found.passes, [
    ...steps.map(({ value }) => value),
    ...steps.map(({ passes }) => passes),
  ])
  return {
    title: searchTitle(id),
    found: foundWords(id, found),
    edge: scale.edge,
    steps: steps.map(({ at, value, said, passes, fails }) => ({
      ...{ number: at + 1, amount: amountOf(id, value), at: scale.at(value), said },
      from: scale.at(passes),
      to: fails === undefined ? 1 : scale.at(fails),
    })),
  }
}
