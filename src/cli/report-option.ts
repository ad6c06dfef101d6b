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
    const file = reportFile(value)
    if (file !== undefined) return file
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

/** Those of a command line that is wrong, be it in them: each file that it names, once. */
export function reportFilesNamed(argv: readonly string[]): ReportFile[] {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  const values = words.flatMap((word, at) => {
    if (word.startsWith('--report=')) return [word.slice('--report='.length)]
    return word === '--report' ? [words[at + 1] ?? ''] : []
  })
  const files = values.flatMap((value) => reportFile(value) ?? [])
  return files.filter(({ path }, at) => files.findIndex((other) => other.path === path) === at)
}

function reportFile(value: string): ReportFile | undefined {
  const colon = value.indexOf(':')
  const format = reportFormats.find((each) => each === value.slice(0, Math.max(0, colon)))
  const path = value.slice(colon + 1)
  return format === undefined || path === '' ? undefined : { format, path }
}
