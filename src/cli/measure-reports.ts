import { formatsFor } from '../credential/formats-for-device.ts'
import { type Removal, removalOf } from '../credential/remove-credential.ts'
import { listDevices } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import type { Exam } from '../exam/exam.ts'
import { helloFound } from '../exam/hello-found.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { OutputFile } from '../io/output-file.ts'
import type { Found } from '../measure/measurement.ts'
import { matchHello } from '../observe/hello-match.ts'
import { formatMeasuredHtml } from '../report/measured/measured-html.ts'
import { formatMeasuredMarkdown } from '../report/measured/measured-markdown.ts'
import type { MeasuredReport, MeasuredResult } from '../report/measured/measured-report.ts'
import { measuredJson } from '../report/measured-json.ts'
import { formatMeasured, type MeasuredDevice } from '../report/measured-text.ts'
import type { MeasuredFormat } from './measure-formats.ts'
import { strayLines } from './measure-notes.ts'
import { countsOf, namingOf } from './measure-results.ts'
import type { ReportFile } from './report-option.ts'

/** A security tag that no sample of the nRF Connect SDK uses: the roots that the device holds stay where they are. */
export const TEST_SEC_TAG = 4200

/** What is reported, but who else came. */
export type MeasuredRun = Omit<MeasuredReport, 'others'>

/** Reports beside what is told on the terminal, in files that are opened before anything is asked. */
export class MeasuredReportFiles {
  readonly #files: { readonly format: MeasuredFormat; readonly file: OutputFile }[] = []

  /** Throws `InputError` where one cannot be opened; then none is left. */
  constructor(files: readonly ReportFile<MeasuredFormat>[]) {
    try {
      for (const { format, path } of files) this.#files.push({ format, file: new OutputFile(path) })
    } catch (error) {
      this.discard()
      throw error
    }
  }

  /** Each whole, or not at all. Throws `InputError` where one cannot be written. */
  write(run: MeasuredRun, strays: Found['strays']): void {
    try {
      for (const { format, file } of this.#files) {
        file.write(formatReport(format, run, strays))
        file.commit()
      }
    } catch (error) {
      this.discard()
      throw error
    }
    this.#files.length = 0
  }

  /** What stood under their names before, stands there still. */
  discard(): void {
    for (const { file } of this.#files.splice(0)) file.discard()
  }
}

const TEXT_COLUMNS = 110

function formatReport(format: MeasuredFormat, run: MeasuredRun, strays: Found['strays']): string {
  const report = { ...run, others: strayLines(strays) }
  switch (format) {
    case 'html':
      return formatMeasuredHtml(report)
    case 'markdown':
      return formatMeasuredMarkdown(report)
    case 'json':
      return `${JSON.stringify(measuredJson(report.devices, countsOf(strays), namingOf(report.version)))}\n`
    case 'text':
      return report.devices
        .map((device) => formatMeasured(device, { columns: TEXT_COLUMNS, color: false }))
        .join('\n')
  }
}

/** With what a report alone tells: whose hello it is, and where its profile lies. */
export function measuredResult(measured: MeasuredDevice, profile: string | undefined): MeasuredResult {
  return { ...measured, profile, sameHello: sameHelloAs(measured.exam) }
}

function sameHelloAs(exam: Exam): readonly string[] {
  const hello = helloFound(exam)
  if (hello === undefined) return []
  return matchHello(hello.sent, listDevices(openCatalogue())).map(({ device }) => device.id)
}

/** How the test CA is taken off a device again, where only the device is known. */
export function removalFor(device: Device | undefined): Removal {
  return removalOf((device && formatsFor(device)[0]) ?? 'pem', TEST_SEC_TAG)
}
