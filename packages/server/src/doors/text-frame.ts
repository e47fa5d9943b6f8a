const FINAL_TEXT = 0x81
const MAX_SHORT = 125
const MAX_MEDIUM = 0xffff
/** A larger frame is not kept for the next who gets it. */
const MAX_KEPT = 65_536

let lastText = ''
let lastFrame = Buffer.alloc(0)

/**
 * A text as the bytes of one WebSocket frame, as a server sends it: whole and unmasked. A broadcast hands the same text to one
 * connection after the other, so the last frame made is kept; nobody may write into it.
 */
export function textFrame(text: string): Buffer {
  if (text === lastText && lastFrame.length > 0) return lastFrame
  const length = Buffer.byteLength(text)
  const head = headLength(length)
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = FINAL_TEXT
  if (head === 2) frame[1] = length
  else if (head === 4) {
    frame[1] = MAX_SHORT + 1
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = MAX_SHORT + 2
    frame.writeUIntBE(0, 2, 2)
    frame.writeUIntBE(length, 4, 6)
  }
  frame.write(text, head)
  if (frame.length <= MAX_KEPT) {
    lastText = text
    lastFrame = frame
  }
  return frame
}

function headLength(length: number): number {
  if (length <= MAX_SHORT) return 2
  return length <= MAX_MEDIUM ? 4 : 10
}
