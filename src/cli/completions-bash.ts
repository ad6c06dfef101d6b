import type { CompletionModel, Offer } from './completion-model.ts'

/** A script for bash 3.2 and later. An empty reply leaves the place to readline, which offers files. */
export function bashCompletions({ version, commands, devices }: CompletionModel): string {
  const names = commands.map(({ name }) => name)
  const cases = commands.map(({ name, options, positionals, lastRepeats }) => {
    const valued = options.flatMap((option) => (option.offer ? [{ ...option, offer: option.offer }] : []))
    const values = valued.map(({ name, offer }) => `        --${name}) kind='${words(offer)}' ;;`)
    const places = positionals.map((offer, index) => {
      const place = lastRepeats && index === positionals.length - 1 ? '*' : `${index}`
      return `        ${place}) kind='${words(offer)}' ;;`
    })
    return `    ${name})
      valued=' ${valued.map(({ name }) => `--${name}`).join(' ')} '
      options='${options.map(({ name }) => `--${name}`).join(' ')}'
      case $option in
${[...values, '        ?*) kind=nothing ;;'].join('\n')}
      esac
      [ -z "$option" ] && case $place in
${[...places, '        *) kind=nothing ;;'].join('\n')}
      esac
      ;;`
  })
  return `# Completion of tlsfit ${version} for bash, made by: tlsfit completions bash
_tlsfit_devices='${devices.join(' ')}'

_tlsfit() {
  local line=\${COMP_LINE:0:COMP_POINT} cur head= kind= option= options= valued= found='' place=0 word at
  local words
  read -r -a words <<<"$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  cur=\${words[\${#words[@]} - 1]}
  local command=\${words[1]}
  COMPREPLY=()
  if [ \${#words[@]} -le 2 ]; then
    found='${names.join(' ')} help --help --version'
  elif [ "$command" = help ]; then
    found='${names.join(' ')}'
  else
    local pass
    # The first pass knows which options take a value, the second what stands at the cursor.
    for pass in 1 2; do
      option= place=0 at=2
      while [ "$at" -lt $((\${#words[@]} - 1)) ]; do
        word=\${words[at]}
        if [ -n "$option" ]; then option=
        else case $word in
          --*=*) ;;
          --*) case $valued in *" $word "*) option=$word ;; esac ;;
          *) place=$((place + 1)) ;;
        esac; fi
        at=$((at + 1))
      done
      if [ -z "$option" ]; then case $cur in --*=*) option=\${cur%%=*} head=\${cur%%=*}= cur=\${cur#*=} ;; esac; fi
      case $command in
${cases.join('\n')}
      esac
      [ "$pass" = 1 ] && cur=$head$cur head= kind=
    done
    if [ -z "$option" ]; then case $cur in -*) kind=options ;; esac; fi
    case $kind in
      devices)
        case $cur in
          ./* | /* | ~*) ;;
          *[,+]*) head+=\${cur%"\${cur##*[,+]}"} cur=\${cur##*[,+]} found=$_tlsfit_devices ;;
          *) found=$_tlsfit_devices ;;
        esac ;;
      options) found=$options ;;
      files | folders | nothing) ;;
      *) found=$kind ;;
    esac
  fi
  [ -n "$found" ] || return 0
  # Readline replaces only what follows the last of its own breaks; an @ is replaced, too.
  local whole=$head$cur strip= breaks=\${COMP_WORDBREAKS//[^@:=]/}
  [ -n "$breaks" ] && strip=\${whole%"\${whole##*[$breaks]}"} strip=\${strip%@}
  for word in $found; do
    case $word in "$cur"*) word=$head$word COMPREPLY+=("\${word#"$strip"}") ;; esac
  done
}

complete -o bashdefault -o default -F _tlsfit tlsfit
`
}

function words(offer: Offer): string {
  return offer.kind === 'words' ? offer.words.join(' ') : offer.kind
}
