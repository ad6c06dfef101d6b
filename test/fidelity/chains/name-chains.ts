import {
  basicConstraints,
  type ExtensionToWrite,
  rawExtension,
  subjectAltName,
} from '../../../src/issue/certificate-extensions.ts'
import { implicit, sequence } from '../../../src/issue/der.ts'
import type { NameToWrite } from '../../../src/issue/issue-certificate.ts'
import { HOST, type KnownChain, type Maker } from './maker.ts'

const ADDRESS = '127.0.0.1'
const noName = [basicConstraints(false)]

/** subjectAltName, common name, wildcards, addresses. */
export function nameChains(m: Maker): KnownChain[] {
  const chain = (
    title: string,
    extensions: readonly ExtensionToWrite[],
    { name = HOST, host = HOST }: { readonly name?: string | NameToWrite; readonly host?: string } = {},
  ) => m.chain(title, [m.leafWith(extensions, { name }), m.issuing], [m.root], host)
  const named = (title: string, names: readonly string[], more: Parameters<typeof chain>[2] = {}) =>
    chain(title, [subjectAltName(names)], { name: 'somebody', ...more })
  return [
    named('name in subjectAltName alone', [HOST]),
    named('name in subjectAltName, another common name', [HOST], { name: 'other.test' }),
    named('another name', ['other.test']),
    named('another name of which ours is the end', [`x.${HOST}`]),
    named('another name that ends as ours', ['evice.test']),
    named('common name beside another name', ['other.test'], { name: HOST }),
    chain('common name alone', noName),
    chain('another common name alone', noName, { name: 'other.test' }),
    chain('common name alone, wildcard', noName, { name: '*.test' }),
    chain('common name in upper case', noName, { name: 'DEVICE.TEST' }),
    chain('two common names, ours first', noName, {
      name: [
        ['CN', HOST],
        ['CN', 'other.test'],
      ],
    }),
    chain('two common names, ours last', noName, {
      name: [
        ['CN', 'other.test'],
        ['CN', HOST],
      ],
    }),
    chain('no name at all', noName, { name: [['O', 'nobody']] }),
    chain('common name beside an address', [subjectAltName(['192.0.2.1'])]),
    chain('common name beside a mail address', [mailAddress]),
    chain('common name beside an empty subjectAltName', [rawExtension('2.5.29.17', sequence())]),
    named('name in upper case', ['DEVICE.TEST']),
    named('name with a dot at its end', [`${HOST}.`]),
    named('name with NUL and more', [`${HOST}\0.evil.test`]),
    named('wildcard', ['*.test']),
    named('wildcard for two labels', ['*.test'], { host: 'a.device.test' }),
    named('wildcard within the label', ['dev*.test']),
    named('wildcard at the end of the label', ['*ice.test']),
    named('wildcard below our name', [`*.${HOST}`]),
    named('wildcard two labels deep', [`*.${HOST}`], { host: `a.${HOST}` }),
    named('nothing but a wildcard', ['*'], { host: 'localhost' }),
    named('many names, ours last', [...manyNames(40), HOST]),
    named('address as address', [ADDRESS], { host: ADDRESS }),
    named('another address', ['127.0.0.2'], { host: ADDRESS }),
    chain('address as DNS name', [dnsName(ADDRESS)], { name: 'somebody', host: ADDRESS }),
    chain('address as common name alone', noName, { name: ADDRESS, host: ADDRESS }),
    named('address as common name beside an address', [ADDRESS], { name: ADDRESS, host: ADDRESS }),
    named('address as common name beside another name', ['other.test'], { name: ADDRESS, host: ADDRESS }),
    named('wildcard in the middle of the label', ['d*e.a.test'], { host: 'device.a.test' }),
    named('wildcard that stands for an underscore', [`*.${HOST}`], { host: `my_a.${HOST}` }),
    named('wildcard beside an underscore', ['my_*.a.test'], { host: 'my_device.a.test' }),
    named('host with a dot at its end', [HOST], { host: `${HOST}.` }),
    named('name and host with a dot at their end', [`${HOST}.`], { host: `${HOST}.` }),
    named('wildcard, host with a dot at its end', ['*.a.test'], { host: 'device.a.test.' }),
  ]
}

const mailAddress = rawExtension('2.5.29.17', sequence(implicit(1, Buffer.from('a@device.test'))))

/** An IP literal that `subjectAltName` would make an iPAddress of. */
function dnsName(text: string): ExtensionToWrite {
  return rawExtension('2.5.29.17', sequence(implicit(2, Buffer.from(text))))
}

function manyNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `device-${at}.fleet.test`)
}
