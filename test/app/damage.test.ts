// The service over damaged files: it starts, takes records, and says what is wrong.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dayPath, listDamaged, listDays } from '../../src/store/sqlite/day-file.ts'
import { eventually, sendTcp, startPicket } from './picket.ts'

test('a newest day that is damaged does not keep Picket from starting, and is told of', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-damage-'))
  try {
    {
      await using picket = await startPicket({ dataDir })
      await sendTcp(picket.tcp, '<13>before\n')
      const client = await picket.login()
      await eventually(async () => (await client.records('before')).length === 1 || undefined, 'the record')
      equal(await picket.stop(), 0)
    }
    const [day] = listDays(dataDir)
    writeFileSync(dayPath(dataDir, day as string), Buffer.alloc(32_768, 7))
    await using picket = await startPicket({ dataDir })
    const [name] = listDamaged(dataDir)
    const file = dayPath(dataDir, name as string)
    const told = picket.log.find(line => line.msg.includes('set aside'))
    deepEqual([told?.level, told?.day, told?.file], [50, day, file])
    match(String(told?.reason), /not a database/)
    await sendTcp(picket.tcp, '<13>after\n')
    const client = await picket.login()
    await eventually(async () => (await client.records('after')).length === 1 || undefined, 'the new record')
    const { damaged } = await client.get<{ damaged: { day: string }[] }>('/api/v1/records')
    deepEqual(
      damaged.map(each => each.day),
      [day],
    )
    const { warnings } = await client.get<{ warnings: string[] }>('/api/v1/status')
    ok(warnings.some(text => text.includes(file) && text.includes('picket doctor')))
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})
