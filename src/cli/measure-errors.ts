import { SessionError } from '../exam/session.ts'
import { CliError, exitCodes } from './cli-error.ts'

/** A session that cannot be used, for people; any other error as it is. */
export function sessionError(error: unknown, file: string): unknown {
  if (error instanceof SessionError) {
    return new CliError(exitCodes.unreadable, error.code, `the session cannot be used: ${error.message}`, {
      hint: 'move the file away, or name another folder with --dir, to begin anew',
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

/** The session cannot be written any more, mostly since the disk is full. */
export function writeError(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (typeof code !== 'string' || !['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'].includes(code)) return error
  return new CliError(
    exitCodes.unreadable,
    'session-unwritable',
    `the session cannot be written any more (${code})`,
    {
      hint: 'make room and run the same command again: it goes on behind the last answer that was kept',
      at: file,
    },
  )
}
