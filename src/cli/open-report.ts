import type { Report, ReportFormat, ReportOptions } from '../report/report.ts'
import { TextReport } from '../report/text-report.ts'

/**
 * The report of a format, and no other format's code but that of the default. SARIF names files from the root of the
 * repository that `folder` lies in.
 */
export async function openReport(
  format: ReportFormat,
  options: ReportOptions,
  folder = '.',
): Promise<Report> {
  switch (format) {
    case 'text':
      return new TextReport(options)
    case 'json':
      return new (await import('../report/json-report.ts')).JsonReport(options)
    case 'jsonl':
      return new (await import('../report/json-report.ts')).JsonLinesReport(options)
    case 'markdown':
      return new (await import('../report/markdown/markdown-report.ts')).MarkdownReport(options)
    case 'junit':
      return new (await import('../report/junit/junit-report.ts')).JUnitReport(options)
    case 'sarif': {
      const [{ SarifReport }, { readFindingPages }, { pathInRepository }] = await Promise.all([
        import('../report/sarif/sarif-report.ts'),
        import('../io/finding-pages.ts'),
        import('../io/find-plan.ts'),
      ])
      const named = await pathInRepository(folder)
      return new SarifReport({ findingPages: readFindingPages, pathInRepository: named, ...options })
    }
    case 'html':
      return new (await import('../report/html/html-report.ts')).HtmlReport(options)
  }
}
