// The benches of the table, in sizes that its goals are about or nearly so; some 15 minutes on two cores, and the page that keeps the last run.

/** `small`: that the bench runs and tells its rows, within seconds; its figures mean nothing. */
export const benches = [
  { name: 'captures', args: ['160'], small: ['1', 'handshakes'] },
  { name: 'logs', args: ['100'], small: ['1'] },
  { name: 'check', args: [], small: ['cold'] },
  { name: 'gateway', args: ['3', 'ranges', 'whole', 'handshakes'], small: ['1', 'ranges'] },
  { name: 'front', args: ['handshakes', '3'], small: ['handshakes', '1'] },
  { name: 'batch', args: ['all', '100'], small: ['all', '2'] },
  { name: 'overview', args: ['5000', '40'], small: ['50', '2'] },
  { name: 'watch', args: ['300'], small: ['2'] },
]

const heads = ['bench', 'what', 'ours', 'peer', 'ratio, wall (processor)', 'goal', '']

/** One line a row, of markdown, which a terminal shows as it is. */
export function formatTable(rows) {
  const cells = rows.map(({ bench, what, ours, peer, ratio, goal, met }) => [
    ...[bench, what, ours, peer || '-', ratio || '-', goal],
    met ? 'met' : 'missed',
  ])
  const widths = heads.map((head, at) =>
    Math.max(...[head, ...cells.map((row) => row[at])].map(({ length }) => length)),
  )
  const line = (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`
  return [
    line(heads),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...cells.map(line),
  ].join('\n')
}

/** @param {{ rows: object[], failed: string[], date: string, cores: number, node: string, load: number }} run */
export function formatPage({ rows, failed, date, cores, node, load }) {
  const state =
    load > cores / 2
      ? `Beside other work (load ${load.toFixed(0)} at the start): wall time says little here, ratios of processor time more.`
      : 'The machine was idle otherwise.'
  const missing =
    failed.length > 0 ? `\nWithout a figure, since the bench did not end: ${failed.join(', ')}.\n` : ''
  return `# Performance

The last run of \`npm run bench -- --write\`, which writes this page: ${date}, ${cores} cores, Node.js ${node}. ${state}

${formatTable(rows)}
${missing}
## Method

Each bench makes its own input and runs its peer on the same input in the same run, in turns with it where both are short.
What is compared is a ratio, since figures in seconds are of one machine. Wall time is what a user waits; processor time, all
threads and children together, is disturbed less by other work. "met" is by the measure that the goal names, else wall time.

- captures: TLS facts of a capture, beside \`tshark -Y tls.handshake\` and ssldump on the same file; the best of three.
- logs: a device log, beside \`grep -c -i -F -f\` for the same literals, which matches and gathers nothing.
- check: the shipped program, a new process each time, beside \`sslscan\`, a bare Node.js and \`testssl.sh --client-simulation\`.
- gateway, front: one worker beside nginx and HAProxy, the same certificate and load; medians.
- batch: many endpoints in one process; no peer does the same, so the goal is a rate.
- overview: the heat map over HTTP from an embedded store; no peer, the goal is a time.
- watch: a round of all profiles between two thorough ones, beside a loop of Node's own TLS with one connection to each endpoint. The
  share of a core is that of 24 rounds a day, one of which is thorough.

Sizes are those of \`bench/table.mjs\`; larger runs, what was tried and how figures came to be are in
[bench/README.md](../bench/README.md).
`
}
