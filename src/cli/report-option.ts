import { escapeText } from '../report/escape.ts'
import { type ReportFormat, reportFormats } from '../report/report.ts'
import { usageError } from './cli-error.ts'

/** One report of a run that goes to a file. */
export interface ReportFile<Format extends string = ReportFormat> {
  readonly format: Format
  readonly path: string
}

/** `--report FORMAT:FILE`, as often as given. */
export function parseReportFiles(values: readonly string[] | undefined): ReportFile[] {
  return parseFilesOf(values, reportFormats, 'sarif:out.sarif')
}

/** The same of a command with formats of its own. */
export function parseFilesOf<Format extends string>(
  values: readonly string[] | undefined,
  formats: readonly Format[],
  example: string,
): ReportFile<Format>[] {
  const files = (values ?? []).map((value): ReportFile<Format> => {
    const file = reportFile(value, formats)
    if (file !== undefined) return file
    throw usageError(
      'report-invalid',
      `--report ${escapeText(value, { maxChars: 60 })} is not of the form FORMAT:FILE`,
      `write --report ${example}; formats: ${formats.join(', ')}`,
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
  const files = values.flatMap((value) => reportFile(value, reportFormats) ?? [])
  return files.filter(({ path }, at) => files.findIndex((other) => other.path === path) === at)
}

function reportFile<Format extends string>(
  value: string,
  formats: readonly Format[],
): ReportFile<Format> | undefined {
  const colon = value.indexOf(':')
  const format = formats.find((each) => each === value.slice(0, Math.max(0, colon)))
  const path = value.slice(colon + 1)
  return format === undefined || path === '' ? undefined : { format, path }
}
