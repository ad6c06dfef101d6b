import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { resolveCnames, resolveHost } from './resolve.ts'

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

const options = { timeoutMs: 5000, signal: undefined }

describe('resolveHost', () => {
  test('a literal is not looked up', async () => {
    expect(await resolveHost('127.0.0.1', options)).toBeUndefined()
    expect(await resolveHost('fe80::1%eth0', options)).toBeUndefined()
  })

  test('localhost has loopback addresses and no CNAME', async () => {
    const lookup = await resolveHost('localhost', options)
    expect(lookup?.errorCode).toBeUndefined()
    expect(lookup?.cnames).toEqual([])
    expect(lookup?.addresses.length).toBeGreaterThan(0)
    for (const { address } of lookup!.addresses) expect(['127.0.0.1', '::1']).toContain(address)
  })

  test('a name that does not exist is a value, in bounded time', async () => {
    // A label over 63 bytes fits no DNS message: nothing is sent.
    const name = `${'a'.repeat(64)}.test`
    const lookup = await resolveHost(name, { ...options, cnameServers: [await dnsServer(undefined)] })
    expect(lookup?.addresses).toEqual([])
    expect(lookup?.errorCode).toMatch(/^E/)
    expect(lookup?.durationMs).toBeLessThan(6000)
  })

  test('an abort rejects', async () => {
    const signal = AbortSignal.abort(new Error('stop'))
    await expect(resolveHost('localhost', { ...options, signal })).rejects.toThrow('stop')
  })
})

describe('resolveCnames', () => {
  test('follows canonical names in order', async () => {
    const servers = [await dnsServer({ 'a.test': 'b.test', 'b.test': 'c.test' })]
    expect(await resolveCnames('a.test', { signal: undefined, cnameServers: servers })).toEqual([
      'b.test',
      'c.test',
    ])
  })

  test('a loop ends, a silent server costs little time', async () => {
    const loop = [await dnsServer({ 'a.test': 'b.test', 'b.test': 'b.test' })]
    expect(await resolveCnames('a.test', { signal: undefined, cnameServers: loop })).toEqual(['b.test'])
    const startedMs = performance.now()
    const silent = [await dnsServer(undefined)]
    expect(await resolveCnames('a.test', { signal: undefined, cnameServers: silent })).toEqual([])
    expect(performance.now() - startedMs).toBeLessThan(3000)
  })
})

/** A DNS server (RFC 1035 §4) on loopback that knows these CNAMEs; undefined: one that never answers. */
async function dnsServer(cnames: Readonly<Record<string, string>> | undefined): Promise<string> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  socket.on('message', (query, from) => {
    if (!cnames) return
    const labels: string[] = []
    let at = 12
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.subarray(at + 1, at + 1 + length).toString('latin1'))
      at += 1 + length
    }
    const question = query.subarray(12, at + 5)
    const target = cnames[labels.join('.').toLowerCase()]
    const header = Buffer.from([
      query[0]!,
      query[1]!,
      0x81,
      target ? 0x80 : 0x83,
      0,
      1,
      0,
      target ? 1 : 0,
      0,
      0,
      0,
      0,
    ])
    const name = (target ?? '').split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
    const answer = target ? [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, name.length + 1, ...name, 0] : []
    socket.send(Buffer.concat([header, question, Buffer.from(answer)]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return `127.0.0.1:${socket.address().port}`
}
