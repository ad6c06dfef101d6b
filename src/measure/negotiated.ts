import { versions } from '../tls/versions.ts'

/** Code of a version by Node's name for it; undefined before one was chosen. */
export function versionCodeOf(name: string | null | undefined): number | undefined {
  if (name === null || name === undefined || !Object.hasOwn(versions, name)) return undefined
  return versions[name as keyof typeof versions].code
}
