import { causeWords } from '../cause-words.ts'
import { markdownCode } from '../escape-markdown.ts'
import { outcomeWords } from '../session-words.ts'
import { sessionName } from '../sessions-json.ts'
import { formatSessions, type SessionsToShow, type SessionToShow } from '../sessions-text.ts'
import { formatCount, formatNumber } from '../units.ts'
import { capital } from '../words/words.ts'
import { accountPage, document, fileName, foldedAccount, numbered, verdictSections } from './account.ts'
import { section } from './causes-markdown.ts'
import { plain, tableRow } from './markdown-pieces.ts'

const shownSessions = 100
const shownCauses = 3

/** What `tlsfit explain --format markdown` prints of a capture: the cures first, then a row for each session. */
export function sessionsMarkdown(read: SessionsToShow): string {
  const failed = read.sessions.filter(({ explained }) => explained.causes.length > 0)
  const ordered = [...failed, ...read.sessions.filter((one) => !failed.includes(one))]
  const seen = `${formatCount(read.sessions.length, 'TLS session')} in ${formatCount(read.frames, 'frame')} of ${plain(fileName(read.name, 'the capture'))}`
  const head =
    failed.length > 0
      ? `**Failed: ${formatNumber(failed.length)} of ${seen}**`
      : `**${seen}; none is seen to fail**`
  const modem = read.modem?.ranking.causes[0]
  const leads = [
    ...new Set([
      ...(modem === undefined ? [] : [modem.id]),
      ...failed.flatMap(({ explained }) => explained.causes.slice(0, 1).map(({ id }) => id)),
    ]),
  ]
  const cures = [
    ...new Set(leads.flatMap((id) => causeWords[id].cures.map(({ title }) => `${title} (${id})`))),
  ]
  const hidden = ordered.length - shownSessions
  return document([
    head,
    ...(modem === undefined
      ? []
      : [`**The modem says:** ${plain(causeWords[modem.id].title)} (${modem.id}, ${modem.confidence})`]),
    ...section(
      'Fix',
      cures.map((cure, index) => numbered(index, capital(cure), [])),
    ),
    ...(ordered.length === 0 ? [] : [sessionsTable(ordered.slice(0, shownSessions))]),
    ...(hidden > 0 ? [`_${formatNumber(hidden)} more sessions: \`--format json\` has all._`] : []),
    ...verdictSections(ordered.flatMap(({ verdicts }) => verdicts)),
    foldedAccount(
      formatSessions({ ...read, sessions: ordered.map((one) => ({ ...one, verdicts: [] })) }, accountPage),
    ),
  ])
}

function sessionsTable(sessions: readonly SessionToShow[]): string {
  const rows = sessions.map(({ session, explained }) => {
    const { server, client } = session
    const name = sessionName(session)
    const causes = explained.causes
      .slice(0, shownCauses)
      .map(({ id, confidence }) => `${plain(causeWords[id].title)} (${id}, ${confidence})`)
    return tableRow([
      name === undefined ? '' : markdownCode(name, { maxChars: 120 }),
      markdownCode(`${server.address} ${server.port}`),
      markdownCode(`${client.address} ${client.port}`),
      plain(outcomeWords[explained.outcome]),
      causes.join('<br>'),
    ])
  })
  return [
    tableRow(['server name', 'server', 'from', 'outcome', 'cause']),
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
