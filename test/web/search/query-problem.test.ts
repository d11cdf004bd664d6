// One click makes of a mistake the query that was meant; the parser must take what it makes.
import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf, repairOf } from '../../../web/src/search/query-problem.ts'

const repaired = (q: string) => {
  const problem = problemOf(q)
  ok(problem, q)
  return repairOf(q, problem)
}

test('what stands open at the end is closed', () => {
  const f = (q: string, want: string) => equal(repaired(q), want)
  f('user:alice AND (cmd:chattr', 'user:alice AND (cmd:chattr)')
  f('cmd:"chattr +i', 'cmd:"chattr +i"')
  f('(user:alice OR (cmd:nc', '(user:alice OR (cmd:nc))')
  f('(cmd:"nc -l', '(cmd:"nc -l")')
})

test('without a likely meaning there is no repair', () => {
  for (const q of ['user:', 'a OR', '(a OR', ')', 'a\\', 'a"']) equal(repaired(q), undefined, q)
})
