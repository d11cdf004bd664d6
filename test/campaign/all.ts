// The long campaigns, in full: `npm run campaign`, or some of them: `npm run campaign -- points disk`. Each prints its
// figures; a broken promise ends the run.

import { checkModel } from '../store/sqlite/model.ts'
import { flipBits } from './bit-flips.ts'
import { damageLogs } from './damaged-log.ts'
import { failDisk, failService, stopWhileFull } from './disk.ts'
import { killUnderLoad } from './kill.ts'
import { dieAtPoints } from './points.ts'
import { cannotCutPower, cutPower, cutService } from './power-cut.ts'

import { killUnderRelp } from './relp-kill.ts'

const line = (text: string): void => console.log(`  ${text}`)

const campaigns: Record<string, () => Promise<unknown>> = {
  kill: async () => {
    line('kill -9 at random moments under load, 200 times')
    return await killUnderLoad(200, line)
  },
  relp: async () => {
    line('kill -9 while rsyslog sends by RELP, 200 times')
    return await killUnderRelp(200, line)
  },
  points: async () => {
    line('death at every named point of the code')
    await dieAtPoints(undefined, line)
  },
  'power-cut': async () => {
    const reason = cannotCutPower()
    if (reason !== false) return `skipped: ${reason}`
    const full = await cutPower(100, { control: false }, line)
    const control = await cutPower(10, { control: true }, line)
    return { full, control, service: await cutService(10, line) }
  },
  'damaged-log': async () => await damageLogs(400),
  disk: async () => {
    line('a disk that fails at some call')
    await failDisk([0, 1, 2, 3, 5, 8, 13, 20, 33, 60, 110, 200, 400, 800], line)
    return { service: await failService(), stopWhileFull: await stopWhileFull() }
  },
  'bit-flips': async () => {
    line('each bit of a small folder; then some, evenly spread over one of a megabyte')
    await flipBits({ records: 64, pageBytes: 512, processes: 2 }, line)
    await flipBits({ records: 10_000, pageBytes: 16_384, flips: 2000, processes: 2 }, line)
  },
  model: async () => {
    line('random sequences of 18 commands, against an array of records')
    return await checkModel(400)
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
