import { escapeText } from '../report/escape.ts'
import { type ReportFormat, reportFormats } from '../report/report.ts'
import { usageError } from './cli-error.ts'

/** One report of a run that goes to a file. */
export interface ReportFile {
  readonly format: ReportFormat
  readonly path: string
}

/** `--report FORMAT:FILE`, as often as given. */
export function parseReportFiles(values: readonly string[] | undefined): ReportFile[] {
  const files = (values ?? []).map((value): ReportFile => {
    const colon = value.indexOf(':')
    const format = reportFormats.find((each) => each === value.slice(0, Math.max(0, colon)))
    const path = value.slice(colon + 1)
    if (format !== undefined && path !== '') return { format, path }
    throw usageError(
      'report-invalid',
      `--report ${escapeText(value, { maxChars: 60 })} is not of the form FORMAT:FILE`,
      `write --report sarif:out.sarif; formats: ${reportFormats.join(', ')}`,
      '--report',
    )
  })
  const twice = files.find(({ path }, at) => files.findIndex((other) => other.path === path) !== at)
  if (twice === undefined) return files
  throw usageError(
    'report-invalid',
    `--report names ${escapeText(twice.path, { maxChars: 100 })} twice`,
    'give each report a file of its own',
    '--report',
  )
}
