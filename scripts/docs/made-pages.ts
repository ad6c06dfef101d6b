import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readDataFiles } from '../../src/io/data-files.ts'
import { readWordTables } from './code-words.ts'
import { deviceIndex } from './device-index.ts'
import { deviceWords } from './device-words.ts'
import { familyPage } from './family-page.ts'
import { findingsIndex, withWords } from './finding-pages.ts'
import type { SitePage } from './site-page.ts'
import { findingWords, wordPages } from './word-pages.ts'

/** The written pages with what data adds to them, and the pages that are made of data alone. */
export function completePages(written: readonly SitePage[]): readonly SitePage[] {
  const catalogue = openCatalogue()
  const signs = readDataFiles('dialects').get('signs.yaml') ?? ''
  const tables = readWordTables(readDataFiles('dialects/codes'), signs)
  const devices = deviceWords(catalogue)
  return [
    ...written.map((page) => withWords(page, (id) => findingWords(id, devices, tables))),
    findingsIndex(written),
    ...wordPages(devices, tables),
    deviceIndex(catalogue),
    ...catalogue.families.map((family) => familyPage(catalogue, family)),
  ]
}
