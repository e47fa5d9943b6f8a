import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A fenced block of a page of documentation. */
export interface Block {
  /** The page's path below `docs/`. */
  readonly page: string
  readonly line: number
  readonly language: string
  /** What follows the language: `run`, `compile`, `output`, `file=server.ts`. */
  readonly words: readonly string[]
  readonly code: string
}

const root = new URL('../../../../../docs/', import.meta.url)

/** Every page that people wrote. The API reference is generated, and its examples are those of the docstrings. */
export function listPages(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !/^(adr|api)\//.test(path))
    .toSorted()
}

function readPage(page: string): string {
  return readFileSync(fileURLToPath(new URL(page, root)), 'utf8')
}

export function readBlocks(page: string): Block[] {
  const text = readPage(page)
  const fences = text.matchAll(/^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm)
  return [...fences].map(({ 1: language = '', 2: words = '', 3: code = '', index }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language,
    words: words.trim().split(/\s+/).filter(Boolean),
    code,
  }))
}

/** The name under which a block is a file of its page's project. */
export function fileOf({ language, words, line }: Block): string | undefined {
  const named = words.find((word) => word.startsWith('file='))?.slice('file='.length)
  const isProgram = words.includes('run') || words.includes('compile')
  const isCode = language === 'ts' || language === 'tsx'
  return named ?? (isProgram && isCode ? `line-${line}.${language}` : undefined)
}
