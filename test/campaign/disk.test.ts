import { equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { peersMissing } from '../app/peers.ts'
import { failDisk, failService, stopWhileFull } from './disk.ts'

const options = { skip: peersMissing('cc') }

// at the same time: the services mostly wait
describe('a disk that fails', { concurrency: true }, () => {
  test('a write or fsync that fails once, often or for good loses nothing that was stored', options, async () => {
    const figures = await failDisk([7])
    equal(figures.length, 9)
    for (const { fault, hit, lost } of figures) equal(`${fault}: ${hit} hit, ${lost} lost`, `${fault}: 1 hit, 0 lost`)
  })

  test('the service goes on after one failed fsync, and ends when fsync fails for good', options, async () => {
    equal((await failService()).code, 3)
  })

  test('a service that cannot write for want of room stops when told to, and says what is lost', options, async () => {
    equal((await stopWhileFull()).code, 3)
  })
})
