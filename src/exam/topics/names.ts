import { parseIp } from '../../x509/ip-address.ts'
import { saidOfTrust } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { NamesToWrite } from '../serving.ts'
import { withChain } from '../serving-of.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'

/** Forms in which a certificate may give a name. Those that are out of use are findings where they are taken. */
export const nameForms = [
  'wildcard',
  'common-name-only',
  'address-as-dns-name',
] as const satisfies readonly NamesToWrite[]
export type NameForm = (typeof nameForms)[number]

/** `not-asked`: the name by which the device asks has no such form. */
export type NameMatched = 'takes' | 'refuses' | 'not-asked' | undefined

export const namesTopic: Topic = {
  id: 'names',
  next(exam) {
    const [form] = openForms(exam)
    const { baseline } = exam
    if (form === undefined || baseline === undefined) return undefined
    return { topic: 'names', key: form, serving: withChain(baseline.serving, { names: form }) }
  },
  atMost: (exam) => openForms(exam).length,
}

export function nameFound(exam: ExamView, form: NameForm): NameMatched {
  const host = exam.answers[0]?.outcome.host
  if (host === undefined) return undefined
  if (!hasForm(host, form)) return 'not-asked'
  const said = saidOf(exam, form)
  return said === 'passes' ? 'takes' : said === 'fails' ? 'refuses' : undefined
}

function openForms(exam: ExamView): NameForm[] {
  const host = exam.answers[0]?.outcome.host
  if (exam.baseline === undefined || host === undefined) return []
  return nameForms.filter((form) => hasForm(host, form) && saidOf(exam, form) === undefined)
}

function saidOf(exam: ExamView, form: NameForm) {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = (answer: Answer) => saidOfTrust(answer.outcome, baseline)
  return toldOf(exam, exam.of('names'), form, said)
}

/** `*.example` alone is refused by many, RFC 6125 §7.2: only a name with a label more can show the form. */
function hasForm(host: string, form: NameForm): boolean {
  const isAddress = parseIp(host) !== undefined
  if (form === 'address-as-dns-name') return isAddress
  return form === 'common-name-only' || (!isAddress && host.split('.').length >= 3)
}
