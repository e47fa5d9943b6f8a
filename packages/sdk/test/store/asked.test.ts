import { TidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { Asked } from '../../src/store/asked.ts'
import { Subjects } from '../../src/subjects.ts'

/** What is asked for, with the answers in the hand of the test. */
function openAsked() {
  const answers: Answer[] = []
  const ask = (): Promise<string> => {
    const answer = newAnswer()
    answers.push(answer)
    return answer.promise
  }
  const subjects = new Subjects((error) => {
    throw error
  })
  return { asked: new Asked({ subjects, subject: 'contacts', ask }), answers }
}

interface Answer {
  readonly promise: Promise<string>
  readonly resolve: (value: string) => void
  readonly reject: (error: Error) => void
}

function newAnswer(): Answer {
  let resolve: Answer['resolve'] = () => undefined
  let reject: Answer['reject'] = () => undefined
  const promise = new Promise<string>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  return { promise, resolve, reject }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('[PPL17] an answer that was on its way at a sign-out is not shown to the next user', async () => {
  const { asked, answers } = openAsked()
  asked.watch()
  asked.forget()
  answers[0]?.resolve('of the first')
  await turn()
  expect(asked.value).toBeUndefined()
  asked.refresh()
  answers[1]?.resolve('of the second')
  await turn()
  expect(asked.value).toBe('of the second')
})

test('[PPL17] who cannot be found any more is shown no more; without an answer it stays as it was', async () => {
  const { asked, answers } = openAsked()
  asked.watch()
  answers[0]?.resolve('here')
  await turn()
  asked.refresh()
  answers[1]?.reject(new TidingsError('UNAVAILABLE'))
  await turn()
  expect(asked.value).toBe('here')
  asked.refresh()
  answers[2]?.reject(new TidingsError('NOT_FOUND'))
  await turn()
  expect(asked.value).toBeUndefined()
})
