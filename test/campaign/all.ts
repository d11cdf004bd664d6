// The long campaigns, in full: `npm run campaign`, or some of them: `npm run campaign -- points disk`. Each prints its
// figures; a broken promise ends the run.
import { failDisk, failService, stopWhileFull } from './disk.ts'
import { killUnderLoad } from './kill.ts'
import { dieAtPoints } from './points.ts'

const line = (text: string): void => console.log(`  ${text}`)

const campaigns: Record<string, () => Promise<unknown>> = {
  kill: async () => {
    line('kill -9 at random moments under load, 200 times')
    return await killUnderLoad(200, line)
  },
  points: async () => {
    line('death at every named point of the code')
    await dieAtPoints(undefined, line)
  },
  disk: async () => {
    line('a disk that fails at some call')
    await failDisk([0, 1, 2, 3, 5, 8, 13, 20, 33, 60, 110, 200, 400, 800], line)
    return { service: await failService(), stopWhileFull: await stopWhileFull() }
  },
}

const wanted = process.argv.slice(2)
for (const [name, run] of Object.entries(campaigns)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const startedAt = performance.now()
  console.log(name)
  const figures = await run()
  if (figures !== undefined) console.log(figures)
  console.log(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`)
}
