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

/** Of the columns of the table of nouns. */
const LAYERS = [
  'packages/protocol/src',
  ...['rpc', 'services', 'stores'].map((layer) => `packages/server/src/${layer}`),
  'packages/sdk/src/resources',
]

test('[DOC2] every file that the table of nouns names is there', () => {
  const [, table = ''] = /### Where is it\?([\s\S]*?)\n## /.exec(proseOf('ARCHITECTURE.md')) ?? []
  const rows = table.split('\n').filter((line) => line.startsWith('| '))
  const files = rows.slice(2).flatMap((row) =>
    LAYERS.flatMap((layer, at) => {
      const names = [...(row.split('|')[at + 2] ?? '').matchAll(/`([\w/-]+)`/g)]
      return names.map(([, name = '']) => {
        const folder = name.startsWith('journal/') ? 'packages/server/src' : layer
        return join(folder, name.endsWith('/') ? name : `${name}.ts`)
      })
    }),
  )
  expect(files.length).toBeGreaterThan(50)
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
})
