import type { UntoldCertificate } from '../fleet/untold-certificate.ts'
import { loggedWords } from '../report/logged-words.ts'
import type { LoggedInfo } from './contract.ts'

/** Of one endpoint; what is known at several of its vantage points is one. */
export function loggedInfos(logged: readonly UntoldCertificate[]): LoggedInfo[] {
  const each = new Map(logged.map((certificate) => [certificate.sha256, certificate]))
  return [...each.values()].map((certificate) => {
    const { title, line } = loggedWords(certificate)
    return { certificate, title, text: line }
  })
}
