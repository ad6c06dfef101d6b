import { type Catalogue, catalogueOf } from '../device/catalogue.ts'
import type { FieldRow } from '../device/evidence.ts'
import type { OrdinaryRange } from '../device/ordinary.ts'
import { type ProfileAsWritten, readProfile } from '../device/profile.ts'
import { builtNames, readBuilt } from './built-data.ts'
import { readDataFiles } from './data-files.ts'

declare const TLSFIT_BUILT: true | undefined

/** What parses and checks YAML is loaded by the sources alone: a build has done so once and for all. */
const yaml = typeof TLSFIT_BUILT === 'undefined' ? await import('../device/make-catalogue.ts') : undefined

/** The catalogue that the package carries; a family is read when it is first asked for. */
export function openCatalogue(): Catalogue {
  if (yaml === undefined) return builtCatalogue()
  const ordinary = readDataFiles('endpoints').get('ordinary.yaml') ?? ''
  return yaml.makeCatalogue(readDataFiles('devices'), readDataFiles('evidence'), ordinary)
}

function builtCatalogue(): Catalogue {
  return catalogueOf({
    families: builtNames('devices'),
    profile(family) {
      const name = `devices/${family}`
      return readProfile(readBuilt<ProfileAsWritten>(name), (path, what) => {
        throw new Error(`${name}: ${path.join('.')}: ${what}`)
      })
    },
    rows: () => readBuilt<FieldRow[]>('evidence'),
    ordinary: () => readBuilt<OrdinaryRange>('ordinary'),
  })
}
