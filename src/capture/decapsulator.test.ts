import { describe, expect, test } from 'vitest'
import {
  fragments,
  type IpPacket,
  ipPacket,
  tcpPackets,
  tcpSegment,
  udpDatagram,
  udpPackets,
} from '../../test/support/ip-writer.ts'
import { amsduOf, encapsulations, ethernetFrame } from '../../test/support/link-writer.ts'
import { Decapsulator, MAX_LAYERS } from './decapsulator.ts'
import type { Frame } from './frame.ts'
import { MAX_WAITING_DATAGRAMS } from './ip-fragments.ts'

const data = Buffer.from('one request, whatever it says')
const four = tcpPackets([{ from: 'client', data }], { handshake: false, close: 'open' })[0]!
const six = tcpPackets([{ from: 'client', data }], {
  handshake: false,
  close: 'open',
  client: '2001:db8::1',
  server: '2001:db8::2',
})[0]!

describe.each(Object.entries(encapsulations))('%s', (_name, { linkType, wrap }) => {
  test.each([
    ['IPv4', four, 20, 'c0000201', 'c6336402'],
    ['IPv6', six, 40, '20010db8000000000000000000000001', '20010db8000000000000000000000002'],
  ])('gives the TCP segment of %s with its addresses', (_version, packet, headerBytes, source, destination) => {
    const { packets } = read([{ linkType, bytes: wrap(packet.bytes) }])
    const segment = packet.bytes.subarray(headerBytes)
    expect(packets).toEqual([
      { frame: 1, protocol: 6, source, destination, bytes: hex(segment), wireBytes: segment.length },
    ])
  })

  test('cut at any byte gives at most that segment, cut', () => {
    const bytes = wrap(four.bytes)
    const whole = hex(four.bytes.subarray(20))
    for (let cut = 0; cut < bytes.length; cut++) {
      const { packets } = read([{ linkType, bytes: bytes.subarray(0, cut), wireBytes: bytes.length }])
      expect(packets.length).toBeLessThanOrEqual(1)
      for (const packet of packets) {
        // A tunnel that is cut inside its own header is a datagram like any other.
        if (packet.protocol === 17) continue
        expect(whole.startsWith(packet.bytes)).toBe(true)
        expect(packet.wireBytes).toBe(whole.length / 2)
      }
    }
  })
})

describe('link layers', () => {
  test('two packets of one A-MSDU are both read', () => {
    const { packets } = read([{ linkType: 105, bytes: amsduOf(four.bytes, six.bytes) }])
    expect(packets.map((packet) => packet.bytes)).toEqual([
      hex(four.bytes.subarray(20)),
      hex(six.bytes.subarray(40)),
    ])
  })

  test('an encrypted Wi-Fi frame is counted and left', () => {
    const bytes = Buffer.from(encapsulations.wifi!.wrap(four.bytes))
    bytes.writeUInt8(bytes.readUInt8(1) | 0x40, 1)
    const { packets, notes } = read([{ linkType: 105, bytes }])
    expect(packets).toEqual([])
    expect(notes).toEqual(['not read: 1 frame encrypted by Wi-Fi'])
  })

  test('a frame whose radiotap header says that its check sequence is wrong is left', () => {
    const bytes = Buffer.from(encapsulations.radiotap!.wrap(four.bytes))
    bytes.writeUInt8(0x50, 16)
    expect(read([{ linkType: 127, bytes }]).packets).toEqual([])
  })

  test('link types that hold no network layer are counted', () => {
    const frame = { linkType: 147, bytes: Buffer.from('anything') }
    const { packets, notes } = read([frame, frame, { linkType: 195, bytes: Buffer.alloc(3) }])
    expect(packets).toEqual([])
    expect(notes).toEqual(['not read: 2 frames of link type 147', 'not read: 1 frame of link type 195'])
  })

  test('they are offered to another reader first, and counted only when it declines', () => {
    const seen: number[] = []
    const frame = { linkType: 252, bytes: Buffer.from('exported') }
    const { notes } = read([frame, { ...frame, linkType: 147 }], (other) => {
      seen.push(other.linkType)
      return other.linkType === 252
    })
    expect(seen).toEqual([252, 147])
    expect(notes).toEqual(['not read: 1 frame of link type 147'])
  })
})

describe('IP', () => {
  test('a total length of zero takes all captured bytes: the network card cut the segment later', () => {
    const bytes = Buffer.from(four.bytes)
    bytes.writeUInt16BE(0, 2)
    const { packets } = read([{ linkType: 101, bytes }])
    expect(packets[0]?.bytes).toBe(hex(four.bytes.subarray(20)))
  })

  test('header options are left out', () => {
    const segment = four.bytes.subarray(20)
    const options = Buffer.from('94040000', 'hex')
    const bytes = ipPacket({ source: '1.2.3.4', destination: '5.6.7.8', protocol: 6, data: segment, options })
    expect(read([{ linkType: 101, bytes }]).packets[0]?.bytes).toBe(hex(segment))
  })

  test('a frame cut by a snap length says how long the segment was', () => {
    const { packets } = read([
      { linkType: 101, bytes: four.bytes.subarray(0, 45), wireBytes: four.bytes.length },
    ])
    expect(packets[0]?.bytes).toBe(hex(four.bytes.subarray(20, 45)))
    expect(packets[0]?.wireBytes).toBe(four.bytes.length - 20)
  })

  test('a total length beyond the layer around it is not believed', () => {
    const longer = Buffer.from(four.bytes)
    longer.writeUInt16BE(four.bytes.length + 6, 2)
    const { linkType, wrap } = encapsulations['pppoe in two vlans']!
    const { packets } = read([{ linkType, bytes: Buffer.concat([wrap(longer), Buffer.alloc(6)]) }])
    expect(packets[0]?.wireBytes).toBe(four.bytes.length - 20)
  })

  test('tunnels nest only so deep', () => {
    let bytes = four.bytes
    for (let depth = 0; depth < MAX_LAYERS; depth++) {
      bytes = ipPacket({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 4, data: bytes })
    }
    expect(read([{ linkType: 101, bytes }]).packets).toEqual([])
  })

  test('a datagram on a tunnel port that is no tunnel stays a datagram', () => {
    for (const port of [2152, 4789, 6081, 8472]) {
      const datagram = udpDatagram({
        sourcePort: 9,
        destinationPort: port,
        data: Buffer.from('not a tunnel at all'),
      })
      const bytes = ipPacket({ source: '1.2.3.4', destination: '5.6.7.8', protocol: 17, data: datagram })
      expect(read([{ linkType: 101, bytes }]).packets.map((packet) => packet.bytes)).toEqual([hex(datagram)])
    }
  })
})

describe('fragments', () => {
  const large = Buffer.alloc(5000, 'fragmented ')
  const whole4 = udpPackets([{ from: 'server', data: large }])[0]!
  const whole6 = udpPackets([{ from: 'server', data: large }], { client: 'fd00::1', server: 'fd00::2' })[0]!

  describe.each([
    ['IPv4', whole4, 20],
    ['IPv6', whole6, 40],
  ])('of %s', (_version, whole, headerBytes) => {
    const datagram = hex(whole.bytes.subarray(headerBytes))
    const pieces = fragments(whole, 1400)

    test('are joined, in whatever order they come', () => {
      for (const order of [pieces, [...pieces].reverse(), [2, 0, 3, 1].map((index) => pieces[index]!)]) {
        const { packets, notes } = read(order.map(raw))
        expect(packets.map((packet) => packet.bytes)).toEqual([datagram])
        expect(packets[0]?.wireBytes).toBe(datagram.length / 2)
        expect(packets[0]?.frame).toBe(4)
        expect(notes).toEqual([])
      }
    })

    test('of which one is missing give nothing but a note', () => {
      const { packets, notes } = read([pieces[0]!, pieces[1]!, pieces[3]!].map(raw))
      expect(packets).toEqual([])
      expect(notes).toEqual(['fragments are missing of 1 IP datagram'])
    })

    test('that repeat or overlap keep the bytes that came first', () => {
      const forged = fragments({ ...whole, bytes: forge(whole.bytes, headerBytes) }, 2000)
      const { packets } = read([pieces[0]!, pieces[0]!, pieces[2]!, ...forged].map(raw))
      expect(packets.length).toBeGreaterThanOrEqual(1)
      const joined = Buffer.from(packets[0]!.bytes, 'hex')
      const real = Buffer.from(datagram, 'hex')
      expect(joined.length).toBe(real.length)
      expect(joined.subarray(0, 1400).equals(real.subarray(0, 1400))).toBe(true)
      expect(joined.subarray(2800, 4200).equals(real.subarray(2800, 4200))).toBe(true)
      expect(joined.subarray(1400, 2800).every((byte) => byte === 0x66)).toBe(true)
    })

    test('of two datagrams are kept apart by their identification', () => {
      const others = fragments({ ...whole, bytes: forge(whole.bytes, headerBytes) }, 1400, 8)
      const mixed = pieces.flatMap((piece, index) => [piece, others[index]!])
      const { packets } = read(mixed.map(raw))
      expect(packets.map((packet) => packet.bytes)).toEqual([
        datagram,
        hex(forge(whole.bytes, headerBytes).subarray(headerBytes)),
      ])
    })

    test('that come a minute and more apart are not joined', () => {
      const late = pieces.map((piece, index) => ({ ...piece, timeMs: index === 3 ? 61_000 : 0 }))
      expect(read(late.map(raw)).packets).toEqual([])
    })
  })

  test('a segment in fragments inside a tunnel is joined too', () => {
    const pieces = fragments(four, 16).map((piece) => ({
      linkType: 1,
      bytes: encapsulations.vxlan!.wrap(piece.bytes),
    }))
    expect(read(pieces).packets.map((packet) => packet.bytes)).toEqual([hex(four.bytes.subarray(20))])
  })

  test('in endless number are forgotten, the oldest first', () => {
    const [first, last] = fragments(whole4, 2504) as [IpPacket, IpPacket]
    const withId = (packet: IpPacket, id: number) => {
      const bytes = Buffer.from(packet.bytes)
      bytes.writeUInt16BE(id, 4)
      return raw({ ...packet, bytes })
    }
    const count = MAX_WAITING_DATAGRAMS + 1
    const starts = Array.from({ length: count }, (_, id) => withId(first, id))
    const { packets, notes } = read([...starts, withId(last, 0), withId(last, count - 1)])
    expect(packets.map((packet) => packet.frame)).toEqual([count + 2])
    expect(notes).toEqual([`fragments are missing of ${count} IP datagrams`])
  })

  test('of eight bytes each with gaps between are given up', () => {
    const tiny = fragments(whole4, 8)
    const { packets, notes } = read(tiny.filter((_, index) => index % 2 === 0).map(raw))
    expect(packets).toEqual([])
    expect(notes[0]).toMatch(/^fragments are missing of [1-3] IP datagrams?$/)
  })
})

test('any bytes behind any link type are walked without a throw', () => {
  let seed = 1
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return seed / 0x1_0000_0000
  }
  const whole = Object.values(encapsulations).map(({ linkType, wrap }) => ({
    linkType,
    bytes: wrap(four.bytes),
  }))
  for (let round = 0; round < 20_000; round++) {
    const { linkType, bytes } = whole[Math.floor(random() * whole.length)]!
    const broken = Buffer.from(bytes)
    for (let change = 0; change < 1 + random() * 6; change++) {
      broken.writeUInt8(Math.floor(random() * 256), Math.floor(random() * broken.length))
    }
    const end = Math.floor(random() * 1.5 * broken.length)
    const { packets } = read([{ linkType, bytes: broken.subarray(0, end) }])
    for (const packet of packets) expect(packet.bytes.length / 2).toBeLessThanOrEqual(broken.length)
  }
})

test('a segment of an Ethernet frame is not longer for the padding behind it', () => {
  const segment = tcpSegment({
    sourcePort: 1,
    destinationPort: 2,
    sequence: 3,
    flags: 16,
    data: Buffer.alloc(0),
  })
  const ip = ipPacket({ source: '1.2.3.4', destination: '5.6.7.8', protocol: 6, data: segment })
  const bytes = Buffer.concat([ethernetFrame(0x0800, ip), Buffer.alloc(6)])
  expect(read([{ linkType: 1, bytes }]).packets[0]?.bytes).toBe(hex(segment))
})

interface Given {
  readonly linkType: number
  readonly bytes: Buffer
  readonly wireBytes?: number
  readonly timeMs?: number
}

function read(given: readonly Given[], onOther?: (frame: Frame) => boolean) {
  const packets: {
    frame: number
    protocol: number
    source: string
    destination: string
    bytes: string
    wireBytes: number
  }[] = []
  const notes: string[] = []
  const decapsulator = new Decapsulator(
    (p) => {
      packets.push({
        frame: p.frame,
        protocol: p.protocol,
        source: p.addresses.toString('hex', p.source, p.source + p.addressBytes),
        destination: p.addresses.toString('hex', p.destination, p.destination + p.addressBytes),
        bytes: p.bytes.toString('hex', p.start, p.end),
        wireBytes: p.wireBytes,
      })
    },
    (note) => notes.push(note),
    onOther,
  )
  given.forEach((one, index) => {
    decapsulator.frame(frameOf(one, index + 1))
  })
  decapsulator.finish()
  return { packets, notes }
}

/** In the middle of other bytes, as in a chunk of a file. */
function frameOf(given: Given, number: number): Frame {
  const before = 5
  const bytes = Buffer.concat([Buffer.alloc(before, 0x45), given.bytes, Buffer.alloc(100, 0x45)])
  return {
    number,
    timeMs: given.timeMs ?? 0,
    linkType: given.linkType,
    interfaceIndex: 0,
    bytes,
    start: before,
    end: before + given.bytes.length,
    wireBytes: given.wireBytes ?? given.bytes.length,
  }
}

function raw({ bytes, timeMs }: IpPacket): Given {
  return { linkType: 101, bytes, timeMs }
}

/** The same packet with another content. */
function forge(packet: Buffer, headerBytes: number): Buffer {
  const forged = Buffer.from(packet)
  forged.fill(0x66, headerBytes + 8)
  return forged
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex')
}
