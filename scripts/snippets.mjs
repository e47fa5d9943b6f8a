// The pieces of TypeScript in docstrings and Markdown.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, packageNames, root } from './files.mjs'

const OPENING = /^(\s*\*?\s*)```(ts|tsx)(?: +(.*))?$/

/** Every file that may hold snippets. */
function sources() {
  const names = packageNames()
  const code = names.flatMap((name) => filesBelow(`packages/${name}/src`, ['.ts', '.tsx']))
  const readmes = names.flatMap((name) => filesBelow(`packages/${name}`, ['README.md']))
  const pages = filesBelow('docs', ['.md'])
  const isOwn = (file) => !file.includes('node_modules/') && !file.includes('/dist/')
  return [...code, 'README.md', ...readmes, ...pages].filter(isOwn)
}

/**
 * The ```ts and ```tsx fences of a text. `line` is the line of the fence, counted from 1; `name` is what the fence is called by
 * `file=`, if it is; `code` has the comment's indentation and asterisks taken off.
 */
export function fencesOf(text) {
  const found = []
  let open
  for (const [index, line] of text.split('\n').entries()) {
    if (open === undefined) {
      const [, margin, language, info = ''] = OPENING.exec(line) ?? []
      if (language === undefined) continue
      const [, name] = /\bfile=(\S+)/.exec(info) ?? []
      open = { margin, language, name, line: index + 1, lines: [] }
    } else if (line.trimStart().replace(/^\*\s*/, '') === '```') {
      const { lines, ...fence } = open
      found.push({ ...fence, code: lines.join('\n') })
      open = undefined
    } else {
      // An empty line of a comment has lost the blank at the end of its margin.
      const margin = line.startsWith(open.margin)
        ? open.margin.length
        : open.margin.trimEnd().length
      open.lines.push(line.slice(margin))
    }
  }
  if (open !== undefined) throw new Error(`a fence that begins in line ${open.line} does not end`)
  return found
}

/** Every snippet of the repository: the fences of all files, each with the file that it stands in. */
export function allSnippets() {
  return sources().flatMap((source) =>
    fencesOf(readFileSync(join(root, source), 'utf8')).map((fence) => ({ source, ...fence })),
  )
}
