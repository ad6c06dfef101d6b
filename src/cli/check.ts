import { places } from '../finding/place.ts'
import { reportFormats } from '../report/report.ts'
import { readCheckOptions } from './check-options.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import { parseReportFiles, type ReportFile, reportFilesNamed } from './report-option.ts'
import { runCheck } from './run-check.ts'

/** `tlsfit check`: judges targets through the eyes of devices. Its run returns the exit code. */
export const checkCommand: Command = {
  args: {
    targets: { type: 'positional', description: 'URLs or files; - for stdin' },
    file: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'targets, devices and what they hold from FILE; tlsfit.yaml of this repository, where no target is given',
    },
    device: {
      type: 'string',
      valueHint: 'ID[,ID...]',
      description: 'devices to judge for; all for every family',
    },
    anchor: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'root the device holds, PEM or DER; repeatable. Without it: the bundle of the profile, or the root that is needed, named',
    },
    'client-cert': {
      type: 'string',
      valueHint: 'FILE',
      description: 'client certificate (PEM), shown only to a verified server',
    },
    'client-key': { type: 'string', valueHint: 'FILE', description: 'its private key (PEM)' },
    verify: {
      type: 'string',
      valueHint: 'full|no-name|none',
      description: 'what the application switched off; full is the default',
    },
    time: {
      type: 'string',
      valueHint: 'ISO',
      description: 'judge dates at this time, such as 2026-09-01T00:00:00Z; now is the default',
    },
    sni: {
      type: 'string',
      valueHint: 'NAME|none',
      description: 'server name sent instead of the host; for a file, the host to compare',
    },
    connect: {
      type: 'string',
      valueHint: 'HOST:PORT',
      description: "connect there instead of the target's host and port",
    },
    header: { type: 'string', valueHint: "'K: V'", description: 'request header; repeatable' },
    method: { type: 'string', valueHint: 'M', description: 'request method; GET is the default' },
    bytes: {
      type: 'string',
      valueHint: 'N',
      description:
        'read at most N bytes of the body; the whole download is the default, each range of it where the device asks for ranges',
    },
    timeout: { type: 'string', valueHint: 'S', description: 'seconds for each step; 10 is the default' },
    'send-secrets': {
      type: 'boolean',
      description: 'send query secrets, headers and client certificate even where the server is not verified',
    },
    keylog: {
      type: 'string',
      valueHint: 'FILE',
      description: 'add the secrets of the connections to FILE, so that Wireshark can read a capture of them',
    },
    'compare-sni': {
      type: 'boolean',
      description: 'ask again with the host name, with none and with an unknown one, and show what comes',
    },
    forecast: {
      type: 'boolean',
      description: 'say what announced changes of CAs, stores and services will do, each from its date on',
    },
    candidate: {
      type: 'string',
      valueHint: 'FILE',
      description: 'judge this chain, too, in place of the one served: what you plan to serve; repeatable',
    },
    can: {
      type: 'string',
      valueHint: `PLACE[,PLACE...]`,
      description: `where you can act: ${places.join(', ')}; what is done there comes first, the rest under "others can"`,
    },
    format: {
      type: 'string',
      valueHint: reportFormats.join('|'),
      description: 'what stdout gets; jsonl: one verdict a line',
    },
    report: {
      type: 'string',
      valueHint: 'FORMAT:FILE',
      description: 'the same run in another format, to a file; repeatable',
    },
    baseline: {
      type: 'string',
      valueHint: 'FILE',
      description: 'compare with the run that FILE keeps, and leave FILE as it is',
    },
    'update-baseline': {
      type: 'boolean',
      description: 'write what is found as what the next runs are compared with',
    },
    strict: {
      type: 'boolean',
      description: 'exit 2 when at risk, or when a forecast is blocked within 90 days',
    },
    jobs: {
      type: 'string',
      valueHint: 'N',
      description: 'targets looked at side by side; 256 is the default, at most 4 of one host',
    },
    resume: {
      type: 'string',
      valueHint: 'FILE',
      description: 'keep what is seen in FILE, and go on from there when asked the same again',
    },
    quiet: { type: 'boolean', description: 'no progress on stderr' },
  },
  run: async ({ io, parsed }) => {
    const read = () => readCheckOptions(parsed, io)
    const reports = parsed.values.get('report') ?? []
    const reportFiles = await readReportFiles(reports, io)
    if (reportFiles.length === 0) return runCheck(await read(), io)
    const { runWithReportFiles } = await import('./run-with-report-files.ts')
    return runWithReportFiles(reportFiles, read, io, (options, beside) => runCheck(options, io, beside))
  },
}

/** What is wrong with one is said in the others: none is left from an earlier run. */
async function readReportFiles(values: readonly string[], io: CliIo): Promise<ReportFile[]> {
  try {
    return parseReportFiles(values)
  } catch (error) {
    const { tellReportFiles } = await import('./run-with-report-files.ts')
    await tellReportFiles(reportFilesNamed(values.flatMap((value) => ['--report', value])), error, io)
    throw error
  }
}
