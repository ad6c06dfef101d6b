import { type Catalogue, catalogueOf } from './catalogue.ts'
import { parseEvidence } from './evidence-file.ts'
import { parseOrdinary } from './ordinary-file.ts'
import { parseProfile } from './parse-profile.ts'

/**
 * Texts by file name: a profile's file is named after its family (`nrf9160.yaml`). Nothing is parsed yet, so
 * a broken file throws `DataFileError` only where it is used.
 */
export function makeCatalogue(
  profileTexts: ReadonlyMap<string, string>,
  evidenceTexts: ReadonlyMap<string, string>,
  ordinaryText: string,
): Catalogue {
  const files = new Map([...profileTexts.keys()].sort().map((file) => [familyOf(file), file]))
  return catalogueOf({
    families: [...files.keys()],
    profile(family) {
      const file = files.get(family) ?? ''
      return parseProfile(profileTexts.get(file) ?? '', `devices/${file}`)
    },
    rows: () => [...evidenceTexts].flatMap(([file, text]) => parseEvidence(text, `evidence/${file}`)),
    ordinary: () => parseOrdinary(ordinaryText, 'endpoints/ordinary.yaml'),
  })
}

function familyOf(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(/\.ya?ml$/, '')
}
