import { formatDuration, formatList } from '../units.ts'
import type { WordsFor } from './words.ts'

/** dns and tcp: what was met on the way to the server, seen from this machine. */
export const reachWords: WordsFor<
  | 'dns-failed'
  | 'cname-irrelevant'
  | 'tcp-refused'
  | 'tcp-timeout'
  | 'tcp-failed'
  | 'other-family-only'
  | 'addresses-differ'
> = {
  'dns-failed': {
    title: 'the name is not resolved from here',
    sentence: (d) =>
      `${d.host} was not resolved from here (${d.code}), so nothing was seen of the server. ` +
      'The device may have another resolver.',
  },
  'cname-irrelevant': {
    title: 'the CNAME is irrelevant',
    sentence: (d) =>
      `${d.host} is an alias (CNAME) of ${formatList(d.cnames)}. Irrelevant: name check and SNI come from the URL.`,
  },
  'tcp-refused': {
    title: 'the port is closed',
    sentence: (d) =>
      `${at(d)} refused the TCP connection after ${formatDuration(d.afterMs)}: nothing listens there, ` +
      'or a firewall says so. TLS was never reached from here.',
  },
  'tcp-timeout': {
    title: 'no answer on TCP',
    sentence: (d) =>
      `${at(d)} did not answer within ${formatDuration(d.afterMs)}: filtered, or not routed from here. ` +
      'TLS was never reached.',
  },
  'tcp-failed': {
    title: 'the TCP connection failed',
    sentence: (d) =>
      `The TCP connection to ${at(d)} failed after ${formatDuration(d.afterMs)} (${d.code}). ` +
      'TLS was never reached from here.',
  },
  'other-family-only': {
    title: 'the server listens on the other address family only',
    sentence: (d) =>
      `${at(d)} refuses, but ${withPort(d.answersOn, d.port)} answers on the same port: the server listens on ` +
      `${d.answersOn.includes(':') ? '[::] (IPv6) only' : 'IPv4 only'}, and the device asks for ${d.address}.`,
  },
  'addresses-differ': {
    title: 'addresses of one host present different chains',
    sentence: (d) =>
      `Of the ${d.addresses.length} addresses of this host, ${formatList(d.differing)} present${
        d.differing.length === 1 ? 's' : ''
      } another chain. The device may meet either, from one connection to the next.`,
  },
}

function at(d: { readonly address: string; readonly port: number }): string {
  return withPort(d.address, d.port)
}

function withPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
