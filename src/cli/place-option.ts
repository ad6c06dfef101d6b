import { type Place, places } from '../finding/place.ts'
import { escapeText } from '../report/escape.ts'
import type { ParsedArguments } from './arguments.ts'
import { usageError } from './cli-error.ts'

/** `--can own-server,firmware`, repeatable: the places in the order of the list, each once; undefined when not given. */
export function readPlaces(parsed: ParsedArguments): readonly Place[] | undefined {
  const values = parsed.values.get('can')
  if (values === undefined) return undefined
  const asked = values.flatMap((value) => value.split(',')).map((word) => word.trim())
  const wrong = asked.find((word) => !isPlace(word))
  if (wrong !== undefined) {
    const what = wrong === '' ? 'an empty place' : `no such place: ${escapeText(wrong, { maxChars: 40 })}`
    throw usageError('value-invalid', `--can has ${what}`, `places: ${places.join(', ')}`, '--can')
  }
  return places.filter((place) => asked.includes(place))
}

function isPlace(word: string): word is Place {
  return (places as readonly string[]).includes(word)
}
