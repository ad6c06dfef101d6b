import type { Found } from '../measure/measurement.ts'
import type { DeviceNote, StrayKind } from '../measure/measuring-events.ts'
import type { Quiet } from '../measure/quiet-watch.ts'
import { escapeText } from '../report/escape.ts'
import { deviceName, questionWords } from '../report/measure-words.ts'
import { formatCount } from '../report/units.ts'

/** What came that is no device under exam, and what was done with it. */
export const strayWords: { readonly [Kind in StrayKind]: string } = {
  silent: 'connected and sent nothing',
  'broken-hello': 'broke off in its ClientHello, or sent a broken one',
  'not-tls': 'sent something that is no TLS',
  'plain-http': 'asked in plain HTTP; the URL begins with https',
  'too-many-devices': 'one device too many: eight are examined side by side; closed',
  'second-connection': 'a further connection of a device that keeps several open; served, and asked nothing',
  unclear:
    'the ClientHello of a device that came from another address; served, and asked nothing until it is clear whether it moved',
  finished: 'a device that is examined already; served, and asked nothing',
  'never-good': 'does not take the plain chain: a browser, a scanner, or a device without the test CA',
  brief: 'took the plain chain and hardly came back: a scanner, or a client by hand',
}

/** A line a kind: how many, and where from. */
export function strayLines(strays: Found['strays']): readonly string[] {
  return [...strays].map(([why, { count, addresses }]) => {
    const from = addresses.map((address) => deviceLabel(address)).join(', ')
    return `${formatCount(count, 'connection')} from ${from}: ${strayWords[why]}`
  })
}

/** What is to be known of how a device was recognised. */
export function noteWords(note: DeviceNote): string {
  switch (note.kind) {
    case 'moved':
      return `its ClientHello now comes from ${deviceLabel(note.address)}, and ${deviceLabel(note.from)} has gone silent: taken for the same device (--known-by address keeps them apart)`
    case 'returned':
      return `comes from ${deviceLabel(note.address)} again, where it was before; if these are two devices, their answers are mixed: begin anew with --known-by address and another --dir`
    case 'twin':
      return `has the ClientHello of ${deviceLabel(note.twinOf)} and another address: taken for another device; if it is the same one, end this and go on with --known-by hello`
    case 'interrupted':
      return `came anew while an older connection of it was open, as after a reset: asked again, ${questionWords(note.probe)}`
  }
}

/** Who does not come, and what to do. */
export function quietWords({ device, seconds, usualSeconds }: Quiet): string {
  if (device === undefined)
    return `no connection for ${timeWords(seconds)}: is the URL set on the device, and can it reach this machine (firewall, network)?`
  const usual = usualSeconds === undefined ? '' : `, where it came every ${timeWords(usualSeconds)}`
  return `${deviceLabel(device)} has not come back for ${timeWords(seconds)}${usual}: reset it; what is known so far is kept`
}

/** Two devices behind one address are told apart by their hello. */
export function deviceLabel(device: string): string {
  const { address, print } = deviceName(device)
  return escapeText(print === undefined ? address : `${address} (hello ${print})`, { maxChars: 80 })
}

function timeWords(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
