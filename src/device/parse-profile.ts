import { badReference, parseDataFile } from './data-file.ts'
import { type Profile, readProfile } from './profile.ts'
import { profileFile } from './profile-schema.ts'

/** A profile's file, checked. `file` is only for messages. Throws `DataFileError`. */
export function parseProfile(text: string, file: string): Profile {
  const written = parseDataFile(text, file, profileFile)
  return readProfile(written, (path, what, hint) => badReference(text, file, path, what, hint))
}
