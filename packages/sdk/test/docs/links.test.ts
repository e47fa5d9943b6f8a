import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { listPages } from './support/page.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

const PAGES = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'packages/sdk/README.md'],
  ...['packages/server/README.md', 'packages/protocol/README.md', 'docs/api/README.md'],
  ...listPages().map((page) => `docs/${page}`),
]

/** Without what is code. */
const proseOf = (file: string): string =>
  readFileSync(join(root, file), 'utf8').replace(/^```[\s\S]*?^```$/gm, '')

/** The name under which a heading can be linked to. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*]/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

function anchorsOf(file: string): string[] {
  return [...proseOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

function brokenLinks(page: string): string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
}

test.each(PAGES)('[DOC2] every link of %s leads somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([])
})

test('[DOC2] every page is reached from the index, or from a page for those who build Tidings', () => {
  const reaching = ['docs/README.md', 'CONTRIBUTING.md']
  const reached = reaching.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) =>
      join(dirname(page), link),
    ),
  )
  const missing = listPages().filter((page) => !reached.includes(join('docs', page)))
  expect(missing).toEqual(['README.md'])
})
