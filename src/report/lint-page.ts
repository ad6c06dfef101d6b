import { problemsAtMost } from '../device/data-file.ts'
import type { LintProblem } from '../device/lint.ts'
import { escapeText } from './escape.ts'
import { Page, type PageOptions } from './layout.ts'
import { formatCount } from './units.ts'

/** Every fault of a profile file with its line and what mends it; `ok` where there is none. */
export function formatLint(file: string, problems: readonly LintProblem[], options: PageOptions): string {
  const page = new Page(options)
  const shown = escapeText(file)
  if (problems.length === 0) {
    page.paragraph('ok  ', shown, { label: 'good' })
    return page.toString()
  }
  for (const { line, path, what, hint } of problems) {
    const place = line === undefined ? shown : `${shown}:${line}`
    page.paragraph('', `${place}: ${path === '' ? '' : `${path}: `}${what}`, { text: 'strong' })
    page.paragraph('    mend  ', hint, { label: 'dim' })
  }
  const many = problems.length >= problemsAtMost ? ' or more' : ''
  page.blank()
  page.paragraph('', `${formatCount(problems.length, 'problem')}${many}`, { text: 'bad' })
  return page.toString()
}
