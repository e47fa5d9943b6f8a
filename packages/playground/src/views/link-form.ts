import type { ImageBody, VideoBody } from '@tidings/sdk'
import { element, newId } from '../dom.ts'
import { besideOf, placed } from './beside.ts'
import { field, onSubmit, problemLine } from './form.ts'
import type { ConversationParts } from './parts.ts'

const NUMBER = { inputmode: 'decimal', size: '6' }

/** Sends the link of an image or a video, with its size or length. What it leads to is fetched by nobody here. */
export function linkForm(parts: ConversationParts, close: () => void): HTMLElement {
  const link = field('Link', { placeholder: 'https://', inputmode: 'url' })
  const caption = field('Caption', { placeholder: 'if there is one' })
  const [width, height] = [field('Width, pixels', NUMBER), field('Height, pixels', NUMBER)]
  const length = field('Length, seconds', NUMBER)
  // Several columns may have the form open: the choices of one are no choices of another.
  const group = newId('kind-of-link')
  const image = choice({ label: 'Image', group, checked: true })
  const video = choice({ label: 'Video', group, checked: false })
  const size = element('div', { class: 'row-of-fields' }, width.root, height.root)
  const show = (): void => {
    size.hidden = !image.input.checked
    length.root.hidden = image.input.checked
  }
  for (const { input } of [image, video]) input.addEventListener('change', show)
  show()
  const kinds = element('fieldset', {}, element('legend', {}, 'Kind'), image.root, video.root)
  const problem = problemLine()
  const send = element('button', { class: 'primary' }, 'Send the link')
  const inside = [link.root, kinds, size, length.root, caption.root, problem, send]
  const form = element('form', { class: 'link-form' }, ...inside)
  onSubmit(form, problem, async () => {
    const url = link.input.value.trim()
    const words = caption.input.value.trim()
    const said = words === '' ? {} : { caption: words }
    const body: ImageBody | VideoBody = image.input.checked
      ? { kind: 'image', url, width: numberIn(width), height: numberIn(height), ...said }
      : { kind: 'video', url, length: numberIn(length), source: sourceOf(url), ...said }
    const sending = parts.person.client.message.send({ body, ...besideOf(parts, words) })
    await placed(parts, sending)
    parts.answering.set(undefined)
    close()
  })
  return form
}

function choice({ label, group, checked }: { label: string; group: string; checked: boolean }) {
  const input = element('input', { type: 'radio', name: group, checked })
  return { input, root: element('label', { class: 'check' }, input, label) }
}

/** What is no number is refused as such. */
function numberIn({ input }: { readonly input: HTMLInputElement }): number {
  const number = Number(input.value.trim().replace(',', '.'))
  if (input.value.trim() === '' || Number.isNaN(number)) throw new Error('Give a number.')
  return number
}

/** Who shows a video, by the address of its link. */
function sourceOf(url: string): VideoBody['source'] {
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  if (/(^|\.)(youtube\.com|youtu\.be)$/.test(host)) return 'youtube'
  return /(^|\.)vevo\.com$/.test(host) ? 'vevo' : 'other'
}
