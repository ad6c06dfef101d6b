import { describe, expect, test } from 'vitest'
import { readWordTables } from '../../scripts/docs/code-words.ts'
import { deviceWords } from '../../scripts/docs/device-words.ts'
import { findingWords, wordPages } from '../../scripts/docs/word-pages.ts'
import { findings } from '../../src/finding/details.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readDataFiles } from '../../src/io/data-files.ts'

const devices = deviceWords(openCatalogue())
const signs = readDataFiles('dialects').get('signs.yaml') ?? ''
const tables = readWordTables(readDataFiles('dialects/codes'), signs)

const wordOf = (table: string, name: string) =>
  tables.find(({ id }) => id === table)?.words.find((word) => word.name === name)

describe('the words of devices', () => {
  test('a number of Mbed TLS is spelt as it is printed, with the name of its header', () => {
    expect(wordOf('mbedtls', 'MBEDTLS_ERR_X509_CERT_VERIFY_FAILED')).toMatchObject({ code: '-0x2700' })
    expect(wordOf('mbedtls-verify-flags', 'MBEDTLS_X509_BADCERT_NOT_TRUSTED')).toMatchObject({
      code: 'flags 0x0008',
    })
    expect(wordOf('alerts-received', 'handshake_failure')).toMatchObject({ code: 'alert 40' })
  })

  test('causes stand likeliest first', () => {
    const percents = wordOf('mbedtls', 'MBEDTLS_ERR_X509_CERT_VERIFY_FAILED')?.causes.map(
      ({ percent }) => percent,
    )
    expect(percents?.length).toBeGreaterThan(2)
    expect(percents).toEqual([...(percents ?? [])].sort((a, b) => b - a))
  })

  test('what every device shows for a failure stands on the page of each finding of that failure', () => {
    for (const [id, { failure }] of Object.entries(findings)) {
      if (failure === undefined) continue
      const text = findingWords(id as keyof typeof findings, devices, [])
      const families = devices.filter(({ words }) => words.when.includes(failure)).map(({ family }) => family)
      for (const family of families) expect(text).toContain(`/devices/${family}.md`)
    }
    expect(findingWords('chain-too-large', devices, tables)).toContain('errno 111')
    expect(findingWords('untrusted-root', devices, tables)).toContain(
      'MBEDTLS&#95;ERR&#95;X509&#95;CERT&#95;VERIFY',
    )
  })

  test('every error word of every profile is in the index, with a finding', () => {
    const index = wordPages(devices, tables)[0]?.text ?? ''
    const rows = index.split('\n').filter((line) => line.includes('](/devices/'))
    expect(rows).toHaveLength(devices.length)
    expect(rows.filter((row) => !row.includes('](/findings/'))).toEqual([])
  })

  test('every table of numbers has a page', () => {
    const paths = wordPages(devices, tables).map(({ path }) => path)
    expect(paths).toEqual(['words.md', ...tables.map(({ id }) => `words/${id}.md`)])
  })
})
