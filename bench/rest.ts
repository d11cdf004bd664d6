// What Picket needs at rest, all processes together, and how long it takes to start: node bench/rest.ts
import { setTimeout } from 'node:timers/promises'
import { startPicket } from '../test/app/picket.ts'
import { memoryMb } from './process.ts'

const starts: number[] = []
for (let run = 0; run < 5; run++) {
  const startedAt = performance.now()
  await using picket = await startPicket()
  starts.push(performance.now() - startedAt)
  if (run < 4) continue
  await setTimeout(20_000)
  const { rss, pss } = memoryMb(picket.process.pid as number)
  console.log(`at rest after 20 s: ${rss} MB resident, ${pss} MB with shared pages counted once`)
}
console.log(`start to listening: ${starts.map(Math.round).join(', ')} ms`)
