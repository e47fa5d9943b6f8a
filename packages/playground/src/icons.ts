const PATHS = {
  alert: 'M8 3.5v5.5M8 12v.5',
  arrowDown: 'M8 3v9.5M4 8.5l4 4 4-4',
  bell: 'M4 11.5V7a4 4 0 0 1 8 0v4.5l1 1H3zM6.8 14.3h2.4',
  bin: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4',
  check: 'M3 8.5l3.2 3.2L13 5',
  checks: 'M1 8.5l3.2 3.2L11 5M7.2 11l.8.7L14.8 5',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2 1.6',
  clip: 'M12.5 7.5l-5 5a2.8 2.8 0 0 1-4-4l5.5-5.5a1.9 1.9 0 0 1 2.7 2.7l-5.4 5.4a.9.9 0 0 1-1.3-1.3l4.7-4.7',
  close: 'M4 4l8 8M12 4l-8 8',
  hidden: 'M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 13L13 3',
  key: 'M5.5 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM7.3 8.2L13 2.5M10.5 5l2 2',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  pencil: 'M3 13l.6-2.9L10.8 3a1.4 1.4 0 0 1 2.1 2L5.8 12.3z',
  people:
    'M6 3.5a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM1.8 13c.3-2.5 2-3.9 4.2-3.9s3.9 1.4 4.2 3.9M10.5 3.8a2.2 2.2 0 0 1 0 4M12 9.5c1.3.5 2.1 1.7 2.3 3.5',
  person:
    'M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 14c.4-3 2.4-4.6 5.2-4.6s4.8 1.6 5.2 4.6',
  plus: 'M8 3v10M3 8h10',
  reply: 'M6.5 4L2.5 8l4 4M2.5 8h6a5 5 0 0 1 5 5',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2',
  smile: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM5.7 9.5a2.8 2.8 0 0 0 4.6 0M6 6.3h.01M10 6.3h.01',
  send: 'M2.5 8L13.5 3l-3.3 10.5L7.5 9z M7.5 9l6-6',
} as const

/** The names of the drawings. */
export type IconName = keyof typeof PATHS

const SVG = 'http://www.w3.org/2000/svg'

/** A drawing for the eye alone; what it means must be said beside it. */
export function icon(name: IconName): SVGSVGElement {
  const drawing = document.createElementNS(SVG, 'svg')
  drawing.setAttribute('viewBox', '0 0 16 16')
  drawing.setAttribute('aria-hidden', 'true')
  drawing.setAttribute('class', 'icon')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  drawing.append(path)
  return drawing
}
