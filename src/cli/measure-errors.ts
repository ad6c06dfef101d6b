import { join } from 'node:path'
import { SessionError } from '../exam/session.ts'
import { SESSION_FILE, type Unwritten } from '../measure/measurement.ts'
import { shellWord } from '../report/escape.ts'
import { formatCount } from '../report/units.ts'
import { CliError, exitCodes } from './cli-error.ts'
import type { MeasurePlan } from './measure.ts'

/** A session that cannot be used, for people; any other error as it is. */
export function sessionError(error: unknown, file: string): unknown {
  if (error instanceof SessionError) {
    return new CliError(exitCodes.unreadable, error.code, `the session cannot be used: ${error.message}`, {
      hint: `${keptLines(error, file)}move the file away, or name another folder with --dir, to begin anew`,
      at: file,
    })
  }
  const code = (error as NodeJS.ErrnoException).code
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error
  return new CliError(
    exitCodes.unreadable,
    'state-unusable',
    `the folder of the session cannot be used (${code})`,
    {
      hint: 'name another one with --dir',
      at: file,
    },
  )
}

/** A file that holds nothing to be replayed; any other error as it is. */
export function replayError(error: unknown, file: string): unknown {
  if (error instanceof SessionError) {
    return new CliError(exitCodes.unreadable, error.code, `the session cannot be used: ${error.message}`, {
      hint:
        error.code === 'session-broken'
          ? `${keptLines(error, file)}or replay another file`
          : `--replay takes the ${SESSION_FILE} of a measurement, which lies in its --dir`,
      at: file,
    })
  }
  const { code } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error
  return new CliError(exitCodes.unreadable, 'session-unreadable', `the session cannot be read (${code})`, {
    hint: code === 'EISDIR' ? `name the file: ${join(file, SESSION_FILE)}` : 'make it readable',
    at: file,
  })
}

/** What is whole before a broken line can be used. */
function keptLines({ code, line }: SessionError, file: string): string {
  if (code !== 'session-broken' || line < 2) return ''
  return `keep the lines before it (head -n ${line - 1} ${shellWord(file)}), `
}

/** The session cannot be written for now: nothing is lost as long as the measurement runs. */
export function unwrittenYet({ code = 'unknown' }: NodeJS.ErrnoException, file: string): CliError {
  return new CliError(
    exitCodes.unreadable,
    'session-unwritable',
    `the session cannot be written (${code}): its answers are kept in memory until it can be`,
    { hint: mendOf(code), at: file },
  )
}

/** The measurement is over, and what was kept in memory could not be written. */
export function writeError({ error: { code = 'unknown' }, answers }: Unwritten, file: string): CliError {
  return new CliError(
    exitCodes.unreadable,
    'session-unwritable',
    `${formatCount(answers, 'answer')} could not be written to the session (${code})`,
    {
      hint: `${mendOf(code)} and run the same command again: it goes on behind the last answer that was written`,
      at: file,
    },
  )
}

function mendOf(code: string): string {
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return 'make room on the disk'
  return 'make its folder writable'
}

/** Where it cannot listen, with the option that is to blame; undefined: that was not the matter. */
export function listenError(
  error: unknown,
  { hosts, port, mqttPort, folder }: ListenPlan,
): CliError | undefined {
  const { code, syscall, port: busy } = error as { code?: string; syscall?: string; port?: number }
  if (!(error instanceof Error) || !['listen', 'bind', 'getaddrinfo'].includes(String(syscall)))
    return undefined
  const wasAsked = busy !== undefined && (busy === port || busy === mqttPort)
  const isOfSession = code === 'EADDRINUSE' && !wasAsked
  const where = `${hosts.join(' and ')}${busy === undefined || busy === 0 ? '' : `, port ${busy}`}`
  const isOfPort = wasAsked || isOfSession
  const option = !isOfPort ? '--host' : busy !== undefined && busy === mqttPort ? '--mqtt-port' : '--port'
  return new CliError(exitCodes.unreadable, 'cannot-listen', `cannot listen on ${where} (${code})`, {
    hint: isOfSession
      ? `the session in ${folder} goes on on the ports that its device knows: end what listens there (another tlsfit measure?), or give --port and --mqtt-port`
      : listenHint(code, option),
    at: option,
  })
}

type ListenPlan = Pick<MeasurePlan, 'hosts' | 'port' | 'mqttPort' | 'folder'>

function listenHint(code: string | undefined, option: string): string {
  if (option === '--host') return '--host takes an address of this machine, such as 127.0.0.1 or 0.0.0.0'
  if (code === 'EACCES') return `ports below 1024 need more rights: choose another ${option}`
  return `choose another ${option}, or leave it out for a free one`
}
