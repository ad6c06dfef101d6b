import type { CompletedCommand, CompletionModel, Offer } from './completion-model.ts'

/** A script for fish 3: in `~/.config/fish/completions/tlsfit.fish`. */
export function fishCompletions({ version, commands, devices }: CompletionModel): string {
  const named = commands.map(
    ({ name, about }) => `complete -c tlsfit -n __tlsfit_no_command -f -a ${name} -d ${quoted(about)}`,
  )
  return `# Completion of tlsfit ${version} for fish, made by: tlsfit completions fish

function __tlsfit_no_command
  test (count (commandline -opc)) -eq 1
end

function __tlsfit_at --argument-names command place
  set -l words (commandline -opc)
  test (count $words) -ge 2; and test "$words[2]" = $command; or return 1
  test -z "$place"; or test (count $words) -eq $place
end

function __tlsfit_devices
  set -l typed (string replace -r -- '^--[^=]+=' '' (commandline -ct))
  set -l head (string match -r -- '^.*[,+]' $typed)
  printf '%s\\n' "$head"{${devices.join(',')}}
end

${named.join('\n')}
complete -c tlsfit -n '__tlsfit_at help' -f -a '${commands.map(({ name }) => name).join(' ')}'
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf({ name, options, positionals }: CompletedCommand): string[] {
  const at = `complete -c tlsfit -n '__tlsfit_at ${name}'`
  const places = positionals.flatMap((offer, index) =>
    offer.kind === 'files'
      ? []
      : [`complete -c tlsfit -n '__tlsfit_at ${name} ${index + 2}' -f ${answers(offer)}`],
  )
  const named = options.map(
    (option) =>
      `${at} -l ${option.name}${option.offer ? ` ${asked(option.offer)}` : ''} -d ${quoted(option.about)}`,
  )
  return [...places, ...named]
}

function asked(offer: Offer): string {
  if (offer.kind === 'files') return '-r -F'
  return `-x ${answers(offer)}`.trim()
}

function answers(offer: Offer): string {
  if (offer.kind === 'words') return `-a ${quoted(offer.words.join(' '))}`
  if (offer.kind === 'devices') return "-a '(__tlsfit_devices)'"
  return offer.kind === 'folders' ? "-a '(__fish_complete_directories)'" : ''
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
