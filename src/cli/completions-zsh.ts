import type { CompletedOption, CompletionModel, Offer } from './completion-model.ts'

/** A function for zsh: in a folder of `fpath` as `_tlsfit`, or sourced after compinit. */
export function zshCompletions({ version, commands, devices }: CompletionModel): string {
  const cases = commands.map(({ name, options, positionals, lastRepeats }) => {
    const specs = [
      ...options.map(optionSpec),
      ...positionals.map((offer, index) => {
        const repeats = lastRepeats && index === positionals.length - 1
        return `${repeats ? '*' : index + 1}:${offer.kind}:${action(offer)}`
      }),
    ]
    return `    ${name})
      _arguments \\
${specs.map((spec) => `        ${quoted(spec)}`).join(' \\\n')}
      ;;`
  })
  const described = commands.map(({ name, about }) => quoted(`${name}:${about.replaceAll(':', '\\:')}`))
  return `#compdef tlsfit
# Completion of tlsfit ${version} for zsh, made by: tlsfit completions zsh

_tlsfit_devices() {
  local -a ids
  ids=(${devices.join(' ')})
  if [[ $PREFIX == (.|/|~)* ]]; then
    _files
  else
    compset -P '*[,+]'
    compadd -a ids
  fi
}

_tlsfit() {
  local -a commands
  commands=(
    ${described.join('\n    ')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
    help) _describe command commands ;;
${cases.join('\n')}
  esac
}

if [[ $funcstack[1] == _tlsfit ]]; then
  _tlsfit "$@"
else
  compdef _tlsfit tlsfit
fi
`
}

function optionSpec({ name, about, hint, offer, repeatable }: CompletedOption): string {
  const text = about.replaceAll(/[[\]\\]/g, '\\$&')
  const value = offer === undefined ? '' : `:${(hint ?? '').replaceAll(':', '\\:')}:${action(offer)}`
  return `${repeatable ? '*' : ''}--${name}${offer === undefined ? '' : '='}[${text}]${value}`
}

function action(offer: Offer): string {
  if (offer.kind === 'words') return `(${offer.words.join(' ')})`
  return { devices: '_tlsfit_devices', files: '_files', folders: '_files -/', nothing: ' ' }[offer.kind]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
