import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resolveDevice } from '../src/device/catalogue.ts'
import type { Device } from '../src/device/device.ts'
import type { FieldRow } from '../src/device/evidence.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { openDialects } from '../src/io/dialect-files.ts'
import { rankCauses } from '../src/judge/causes.ts'
import { compareWithDevice, type Demand, exactly } from '../src/judge/limits.ts'
import { LogReader } from '../src/log/log-reader.ts'
import { groupBy } from './support/group-by.ts'

/**
 * What the field knows, beside what tlsfit says of it, device by device: docs/hit-rate.md is written by this test
 * (`npm run golden`), and fails it where it is stale.
 */
const catalogue = openCatalogue()
const dialects = openDialects()
const page = join(import.meta.dirname, '../docs/hit-rate.md')

type Answer = 'right' | 'open' | 'wrong'
interface Counted {
  readonly name: string
  readonly known: string
  readonly answer: Answer
}

/** Without what is known of the row's own endpoint: a row that speaks for itself proves nothing. */
function withoutRow(device: Device, endpoint: string): Device {
  return { ...device, evidence: device.evidence.filter((row) => row.endpoint !== endpoint) }
}

/** Each row of `evidence/`, for each version range of the family that it is held for. */
function rowAnswers(blind: boolean): Counted[] {
  const families = catalogue.families.filter((family) => catalogue.profile(family)?.runsOn.length === 0)
  return families.flatMap((family) => {
    const device = resolveDevice(family, catalogue)
    const endpoints = groupBy(device.evidence, ({ endpoint }) => endpoint)
    return [...endpoints].map(([endpoint, rows]): Counted => {
      const asked = blind ? withoutRow(device, endpoint) : device
      const outcomes = rows.map((row) => compareWithDevice(asked, row.limit, demandOf(row)).outcome)
      const passed = rows[0]!.outcome === 'accepted'
      const says = outcomes.includes('over') ? 'over' : outcomes.includes('open') ? 'open' : 'fits'
      const answer = says === 'open' ? 'open' : (says === 'fits') === passed ? 'right' : 'wrong'
      return { name: family, known: passed ? 'pass' : 'fail', answer }
    })
  })
}

function demandOf({ readings }: FieldRow): Demand {
  const demand = Object.fromEntries(
    Object.entries(readings).map(([way, value]) => [way, exactly(value ?? 0)]),
  ) as Demand
  const sent = readings.sent
  return sent !== undefined && readings.path === undefined
    ? { ...demand, path: { least: 0, most: sent } }
    : demand
}

/** Of the rows of all devices, each once. */
function confidences(): string {
  const rows = catalogue.families.flatMap((family) => resolveDevice(family, catalogue).evidence)
  const once = new Map(rows.map(({ endpoint, confidence }) => [endpoint, confidence]))
  const groups = [...groupBy(once.values(), (one) => one)]
  return `By confidence: ${groups.map(([name, some]) => `${some.length} ${name}`).join(', ')}`
}

interface Case {
  readonly device: string
  readonly log: readonly string[]
  readonly root_cause: string
}

/** A real thread's log: right where the one cause decided on is the true one, open where none is decided on. */
function caseAnswers(): (Counted & { readonly rank: number })[] {
  const folder = join(import.meta.dirname, 'cases')
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  const cases = files.map((file): Case => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  return cases
    .filter(({ log }) => log.length > 0)
    .map(({ device, log, root_cause }) => {
      const reader = new LogReader(dialects)
      reader.push(Buffer.from(log.join('\n')))
      const { causes, decided } = rankCauses(reader.finish())
      const rank = causes.findIndex(({ id }) => id === root_cause) + 1
      const answer = decided ? (rank === 1 ? 'right' : 'wrong') : 'open'
      return { name: familyOfThread(device), known: 'fail', answer, rank }
    })
}

const threadFamilies = ['nRF91', 'SIM', 'BC66', 'ESP32', 'ESP8266', 'SPWF04', 'Zephyr'] as const

function familyOfThread(device: string): string {
  if (/nRF9160|Thingy:91/.test(device)) return 'nRF91'
  if (device.startsWith('SIMCom')) return 'SIMCom'
  return threadFamilies.find((one) => device.includes(one)) ?? 'others'
}

function countRows(all: readonly Counted[]): string[] {
  const groups = [...groupBy(all, ({ name, known }) => `${name} | ${known}`)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const count = (some: readonly Counted[], one: Answer) => some.filter(({ answer }) => answer === one).length
  return groups.map(
    ([name, some]) =>
      `| ${name} | ${some.length} | ${count(some, 'right')} | ${count(some, 'open')} | ${count(some, 'wrong')} |`,
  )
}

function threadRows(): string[] {
  const groups = [...groupBy(caseAnswers(), ({ name }) => name)].sort(([a], [b]) => (a < b ? -1 : 1))
  return groups.map(([name, some]) => {
    const of = (fits: (one: (typeof some)[number]) => boolean) => some.filter(fits).length
    const first = of(({ rank }) => rank === 1)
    const three = of(({ rank }) => rank >= 1 && rank <= 3)
    const [right, wrong] = [of(({ answer }) => answer === 'right'), of(({ answer }) => answer === 'wrong')]
    return `| ${name} | ${some.length} | ${first} | ${three} | ${right} | ${wrong} | ${some.length - right - wrong} |`
  })
}

function pageText(): string {
  const head =
    '| device | known to | rows | right | undecided | wrong |\n| --- | --- | --: | --: | --: | --: |'
  return `# Hit rate by device

What is known from the field, and what tlsfit says of it. The run of the tests writes this page and fails where it is
stale (\`npm run golden\` writes it anew). "Undecided" is no hit and no miss: tlsfit says that it does not know, and what
would settle it. The numbers are small. They show that nothing known is contradicted; they are no rate to expect of
endpoints that nobody has reported.

## Sizes that a device is known to have taken or refused

Rows of \`evidence/*.yaml\`, an endpoint each: right is "fits" of one that was taken, "over" of one that was refused.
Families may share rows; what is inferred is marked so in the row.

The judge without the row that it is asked about, so that only the documented limits and the other rows speak:

${[head, ...countRows(rowAnswers(true))].join('\n')}

With all rows, as it is shipped, which shows only that no row is contradicted:

${[head, ...countRows(rowAnswers(false))].join('\n')}

${confidences()}. A row of nrf9160 holds for nrf91x1, too.
\`test/field-evidence.test.ts\` holds the same rows as whole verdicts on real chains, and \`docs/golden.md\` what every device is told of them.

## Causes that logs of real threads tell

Threads of \`test/cases/\` with a log, by the device that failed. Ranked first and in three is where \`explain\` puts the cause
that turned out to be true; decided means that the log leaves no other. [cases.md](cases.md) has the same by how much
the log tells. The dialects were tried on these threads while they were written, so other logs will do less well.

| device | logs | first | in three | decided, right | decided, wrong | undecided |
| --- | --: | --: | --: | --: | --: | --: |
${threadRows().join('\n')}

A device that is not named here has no field row and no thread: what tlsfit says of it rests on documents, sources and the
[tests against real libraries](fidelity.md) alone.
`
}

test('no row and no thread is answered wrongly', () => {
  const answers = [...rowAnswers(false), ...rowAnswers(true), ...caseAnswers()]
  expect(answers.filter(({ answer }) => answer === 'wrong')).toEqual([])
  expect(answers.length).toBeGreaterThan(60)
})

test('docs/hit-rate.md is that of this run', async () => {
  await expect(pageText()).toMatchFileSnapshot(page)
})
