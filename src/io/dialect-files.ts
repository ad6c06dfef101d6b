import { type Dialects, makeDialects } from '../log/dialects.ts'
import { readDataFiles } from './data-files.ts'

/** The dialects that the package carries. Throws `DataFileError` for a fault in them. */
export function openDialects(): Dialects {
  const dialects = readDataFiles('dialects')
  const signs = dialects.get('signs.yaml') ?? ''
  dialects.delete('signs.yaml')
  return makeDialects({ signs, dialects, codes: readDataFiles('dialects/codes') })
}
