// One term a concept (SPEC.md, Vocabulary): fails on an identifier or file name that uses another word for it.
// Banned words: words-banned.json. Edges where a foreign vocabulary is spoken: words-allowed.json.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { filesBelow, packageNames, root } from './files.mjs'

const readJson = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const banned = new Map(Object.entries(readJson('words-banned.json')))
const allowed = readJson('words-allowed.json')
const BANNED_FILES = new Set(['common', 'types'])

const NOT_CODE =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
const blank = (text) => text.replace(/[^\n]/g, ' ')

/** `messageThreadId` -> message, thread, id; a plural counts as its singular. */
const wordsOf = (name) =>
  (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [])
    .map((word) => word.toLowerCase())
    .flatMap((word) => (word.endsWith('s') ? [word, word.slice(0, -1)] : [word]))

const isAllowed = (file, name, word) =>
  allowed.some(
    (edge) =>
      file.startsWith(edge.path) && (edge.words?.includes(word) || edge.names?.includes(name)),
  )

const bannedWord = (file, name) =>
  wordsOf(name).find((word) => banned.has(word) && !isAllowed(file, name, word))

const problems = []
for (const packageName of packageNames()) {
  for (const file of filesBelow(`packages/${packageName}/src`, ['.ts', '.tsx'])) {
    const fileName = basename(file).replace(/\.tsx?$/, '')
    const fileWord = bannedWord(file, fileName)
    if (BANNED_FILES.has(fileName)) problems.push(`${file}: name the thing, not its kind`)
    else if (fileWord) problems.push(`${file}: the file's name: say ${banned.get(fileWord)}`)
    const code = readFileSync(join(root, file), 'utf8').replace(NOT_CODE, blank)
    code.split('\n').forEach((text, index) => {
      for (const [name] of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
        const word = bannedWord(file, name)
        if (word) problems.push(`${file}:${index + 1}: "${name}": say ${banned.get(word)}`)
      }
    })
  }
}

for (const problem of problems) console.error(problem)
console.log(`${banned.size} banned words, ${problems.length} found`)
process.exitCode = problems.length > 0 ? 1 : 0
