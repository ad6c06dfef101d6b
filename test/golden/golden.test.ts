import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  captureFiles,
  chainFiles,
  chainNames,
  devices,
  judgedCaptures,
  judgedChains,
} from './judged-stored.ts'
import { verdictTable } from './verdict-table.ts'

/** What the judge says today of all that is stored, for every device. `npm run golden` writes it anew: read the diff. */
const tableOf = (name: string) => join(import.meta.dirname, `${name}.tsv`)

const timeout = 120_000

test(
  'every chain that is stored is judged as the table says',
  async () => {
    expect(chainNames.toSorted()).toEqual(chainFiles().toSorted())
    const shown = judgedChains()
    for (const { verdicts } of shown) expect(verdicts).toHaveLength(devices.length)
    await expect(verdictTable(shown)).toMatchFileSnapshot(tableOf('chains'))
  },
  timeout,
)

test(
  'every capture with certificates is judged as the table says',
  async () => {
    const shown = await judgedCaptures()
    for (const { verdicts } of shown) expect(verdicts).toHaveLength(devices.length)
    expect(new Set(shown.map(({ title }) => title.split(',')[0])).size).toBeGreaterThan(
      captureFiles().length / 2,
    )
    await expect(verdictTable(shown)).toMatchFileSnapshot(tableOf('captures'))
  },
  timeout,
)
