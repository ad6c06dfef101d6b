import type { Candidate, Forecast } from '../judge/replaying.ts'
import { parseCalendar } from '../trust/calendar-file.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { parseCertificates } from '../x509/pem.ts'
import { readDataFiles } from './data-files.ts'
import { openIssuing } from './issuing-file.ts'

/** What an outlook is made from: the package's `endpoints/forecasts/` and `roots/`, and the user's own candidates. */
export function openForecast(known: readonly KnownRoot[], candidates: readonly Candidate[]): Forecast {
  const calendar = parseCalendar(readDataFiles('endpoints/forecasts'))
  const pool = calendar.certificates.flatMap((pem) =>
    parseCertificates(Buffer.from(pem), 'endpoints/forecasts'),
  )
  return { calendar, pool, issuing: openIssuing(known), candidates }
}
