/**
 * One captured link-layer frame, as a capture file's reader hands it on. The object is reused from call to call, and
 * the bytes are only valid during the call: who keeps anything copies it. That is what lets a file of a gigabyte pass
 * in a few megabytes.
 */
export interface Frame {
  /** From 1, over the whole file. */
  number: number
  /** Since 1970-01-01 UTC in milliseconds, with the fraction the file has; NaN where the file gives no time. */
  timeMs: number
  /** LINKTYPE number of the tcpdump.org registry. */
  linkType: number
  /** pcapng interface, from 0; 0 in pcap. */
  interfaceIndex: number
  bytes: Buffer
  /** The captured bytes are `bytes[start, end)`. */
  start: number
  end: number
  /** Bytes on the wire; more than captured where a snap length cut the frame. */
  wireBytes: number
}

/** Takes each frame in file order. */
export type FrameSink = (frame: Frame) => void
